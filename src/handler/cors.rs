//! Wraps a route of any kind in CORS.

use super::binding::Binding;
use super::endpoint::Endpoint;
use super::future::RouteFuture;
use crate::body::Body;
use crate::config::Rules;
use crate::context::{RequestHead, RouteContext};
use crate::cors::CorsService;
use crate::response::Response;
use crate::routing::MatchedPath;
use http::Request;
use std::convert::Infallible;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_http::cors::CorsLayer;
use tower_service::Service;

/// Wraps an endpoint in CORS.
pub(super) fn with_cors(
    endpoint: Arc<dyn Endpoint>,
    cors: &CorsLayer,
    binding: &Binding,
) -> Arc<dyn Endpoint> {
    let context = binding.context(Rules::UNSET);
    let service = CorsService::new(Inner { endpoint, path: MatchedPath::default() }, Some(cors));
    Arc::new(CorsEndpoint { service, context })
}

struct CorsEndpoint {
    service: CorsService<Inner>,
    context: Arc<RouteContext>,
}

impl Endpoint for CorsEndpoint {
    fn call(self: Arc<Self>, request: Request<Body>, path: MatchedPath) -> RouteFuture {
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
    endpoint: Arc<dyn Endpoint>,
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
        Arc::clone(&self.endpoint).call(request, mem::take(&mut self.path))
    }
}
