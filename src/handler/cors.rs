//! CORS around a route of any kind.

use super::endpoint::{Binding, Endpoint};
use super::future::RouteFuture;
use super::service_endpoint::ServiceEndpoint;
use crate::body::Body;
use crate::config::{Resolved, RouteConfig};
use crate::context::ContextExtension;
use crate::cors::ApiCorsLayer;
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{self, Poll};
use tower_http::cors::CorsLayer;
use tower_layer::Layer as _;
use tower_service::Service;

/// Wraps an endpoint in CORS.
pub(super) fn with_cors(endpoint: Endpoint, cors: CorsLayer, binding: &Binding) -> Endpoint {
    let context = binding.context(Resolved::default());
    let service = ApiCorsLayer::from(cors).layer(EndpointAsService(endpoint));
    Endpoint::Service(Arc::new(ServiceEndpoint {
        service,
        context,
        inherited: RouteConfig::new(),
        deadline: None,
    }))
}

/// An endpoint as the inner service of CORS.
#[derive(Clone)]
struct EndpointAsService(Endpoint);

impl Service<http::Request<Body>> for EndpointAsService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> RouteFuture {
        let path = request
            .extensions_mut()
            .remove::<ContextExtension>()
            .map(|extension| extension.path)
            .unwrap_or_default();
        self.0.call(request, path)
    }
}
