use super::{ClientHeaders, in_use};
use tower_layer::Layer;

/// The outermost layer of a server with a [`Proxy`](crate::Proxy), other than [`serve`](crate::serve), which needs
/// none.
///
/// It removes the headers that the client names in `Connection` as the client sent them, so that a client cannot
/// delete a header that a layer or a handler sets for the origin. It also sets `Host` to the host of the target, if
/// the target has one, so that a guard and the origin see the same host.
///
/// With axum:
///
/// ```
/// use axum::Router;
/// use tower_api_routes::proxy::ClientHeadersLayer;
/// use tower_api_routes::{ApiRouter, Proxy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let api = ApiRouter::new().fallback(Proxy::new("http://127.0.0.1:3000")?);
/// let app: Router = Router::new().fallback_service(api).layer(ClientHeadersLayer::new()); // the last `.layer`
/// # Ok(()) }
/// ```
///
/// With hyper, around the service of the connection:
///
/// ```
/// use tower::Layer as _;
/// use tower_api_routes::proxy::ClientHeadersLayer;
/// use tower_api_routes::{ApiRouter, Proxy};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let api = ApiRouter::new().fallback(Proxy::new("http://127.0.0.1:3000")?);
/// let service = hyper_util::service::TowerToHyperService::new(ClientHeadersLayer::new().layer(api));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use]
pub struct ClientHeadersLayer(());

impl ClientHeadersLayer {
    /// Creates the layer.
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for ClientHeadersLayer {
    type Service = ClientHeaders<S>;

    fn layer(&self, inner: S) -> ClientHeaders<S> {
        in_use();
        ClientHeaders::new(inner)
    }
}
