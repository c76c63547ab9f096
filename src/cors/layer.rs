use super::{ApiCors, CorsLayer};
use tower_layer::Layer;

/// Applies [`ApiCors`]; see the [module](self::super).
#[derive(Clone, Debug)]
#[must_use]
pub struct ApiCorsLayer {
    cors: CorsLayer,
}

impl ApiCorsLayer {
    /// What tower-http's layer allows, with plain `OPTIONS` requests let through.
    pub fn new(cors: CorsLayer) -> Self {
        Self { cors }
    }
}

impl From<CorsLayer> for ApiCorsLayer {
    fn from(cors: CorsLayer) -> Self {
        Self::new(cors)
    }
}

impl<S> Layer<S> for ApiCorsLayer {
    type Service = ApiCors<S>;

    fn layer(&self, inner: S) -> ApiCors<S> {
        ApiCors::new(inner, &self.cors)
    }
}
