use super::{ApiCors, CorsLayer};
use crate::config::assert_cors_rules;
use tower_layer::Layer;

/// Applies [`ApiCors`]; see the [module](self::super).
#[derive(Clone, Debug)]
#[must_use]
pub struct ApiCorsLayer {
    cors: CorsLayer,
    enabled: bool,
}

impl ApiCorsLayer {
    /// Creates a layer that applies the rules of `cors` and passes plain `OPTIONS` requests on.
    ///
    /// # Panics
    ///
    /// Panics if the rules contradict each other, for example credentials with a wildcard.
    #[track_caller]
    pub fn new(cors: CorsLayer) -> Self {
        assert_cors_rules(&cors);
        Self { cors, enabled: true }
    }

    /// Sets whether the rules apply. Default: `true`.
    ///
    /// A disabled layer does nothing: it adds no header, and a preflight reaches the inner service.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }
}

impl From<CorsLayer> for ApiCorsLayer {
    #[track_caller]
    fn from(cors: CorsLayer) -> Self {
        Self::new(cors)
    }
}

impl<S> Layer<S> for ApiCorsLayer {
    type Service = ApiCors<S>;

    fn layer(&self, inner: S) -> ApiCors<S> {
        ApiCors::from_option(inner, self.enabled.then_some(&self.cors))
    }
}
