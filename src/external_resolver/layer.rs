use super::ExternalResolver;
use tower_layer::Layer;

/// Applies [`ExternalResolver`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ExternalResolverLayer {
    external: Option<bool>,
}

impl ExternalResolverLayer {
    /// Handlers inside may leave the answer to another task.
    pub const fn new() -> Self {
        Self { external: Some(true) }
    }

    pub(crate) const fn from_config(external: Option<bool>) -> Self {
        Self { external }
    }
}

impl Default for ExternalResolverLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ExternalResolverLayer {
    type Service = ExternalResolver<S>;

    fn layer(&self, inner: S) -> ExternalResolver<S> {
        ExternalResolver::from_option(inner, self.external)
    }
}
