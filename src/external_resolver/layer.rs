use super::ExternalResolver;
use tower_layer::Layer;

/// Applies [`ExternalResolver`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ExternalResolverLayer {
    external: bool,
}

impl ExternalResolverLayer {
    /// Creates a layer that lets inner handlers leave the response to another task.
    pub const fn new() -> Self {
        Self { external: true }
    }

    /// Sets whether inner handlers may leave the response to another task without a warning. Default: `true`.
    ///
    /// A disabled layer turns the warning on again if an outer layer or router has turned it off, as
    /// [`RouteConfig::external_resolver(false)`](crate::RouteConfig::external_resolver) does.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.external = enabled;
        self
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
        ExternalResolver { inner, external: self.external }
    }
}
