//! Wraps a route of any kind in CORS.

use super::endpoint::{Binding, Endpoint};
use super::future::RouteFuture;
use super::service_endpoint::EndpointService;
use crate::body::Body;
use crate::config::{Outer, Resolved};
use crate::context::{RequestHead, RouteContext};
use crate::cors::{ApiCors, ApiCorsLayer};
use crate::response::Response;
use crate::routing::MatchedPath;
use http::Request;
use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_http::cors::CorsLayer;
use tower_layer::Layer as _;
use tower_service::Service;

/// Wraps an endpoint in CORS.
pub(super) fn with_cors(endpoint: Endpoint, cors: CorsLayer, binding: &Binding) -> Endpoint {
    let context = binding.context(Resolved::default());
    let service = ApiCorsLayer::from(cors).layer(Inner { endpoint, path: MatchedPath::default() });
    Endpoint::Service(Arc::new(CorsEndpoint { service, context }))
}

struct CorsEndpoint {
    service: ApiCors<Inner>,
    context: Arc<RouteContext>,
}

impl EndpointService for CorsEndpoint {
    fn call(&self, request: Request<Body>, path: MatchedPath) -> RouteFuture {
        if let (Some(outer), Some(route)) = (request.extensions().get::<Outer>(), &self.context.route) {
            outer.record_route(&route.name);
        }
        let head = RequestHead::for_service(&request, Arc::clone(&self.context));
        let mut service = self.service.clone();
        service.get_mut().path = path;
        // The service is called in the future, which turns the panic of a predicate into a response.
        let future = async move {
            let Ok(response) = service.call(request).await;
            Ok(Response::ready(response))
        };
        RouteFuture::new(Box::pin(future), Arc::new(head))
    }
}

/// The wrapped endpoint. Each request calls a clone, which holds the matched path of the request.
#[derive(Clone)]
struct Inner {
    endpoint: Endpoint,
    path: MatchedPath,
}

impl Service<Request<Body>> for Inner {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> RouteFuture {
        self.endpoint.call(request, mem::take(&mut self.path))
    }
}
