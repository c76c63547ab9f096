//! A route as a tower service.

use super::binding::Binding;
use super::endpoint::Endpoint;
use super::future::RouteFuture;
use super::route::Route;
use crate::body::{Body, BoxError};
use crate::config::RouteConfig;
use crate::context::{ContextExtension, RouteContext};
use bytes::Buf;
use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};
use tower_service::Service;

/// A route as a tower service, created by [`HandlerExt::into_service`](crate::HandlerExt::into_service).
///
/// Inside a router, also inside a layer, it has the route, its parameters and the router's state. Elsewhere there
/// are none.
#[derive(Clone)]
pub struct RouteService {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// A route that takes its context from each request.
    Route {
        route: Box<Route>,
        /// The endpoint for the context of the first call. A service is rarely called from two contexts.
        first: Arc<OnceLock<(Option<Arc<RouteContext>>, Arc<dyn Endpoint>)>>,
    },
    /// A route that a router has bound.
    Bound(Arc<dyn Endpoint>),
}

impl RouteService {
    pub(super) fn new(route: Route) -> Self {
        Self { kind: Kind::Route { route: Box::new(route), first: Arc::default() } }
    }

    pub(super) fn bound(endpoint: Arc<dyn Endpoint>) -> Self {
        Self { kind: Kind::Bound(endpoint) }
    }

    pub(super) fn check(&self, config: &RouteConfig) -> Result<(), &'static str> {
        match &self.kind {
            Kind::Route { route, .. } => route.check(config),
            Kind::Bound(_) => Ok(()),
        }
    }

    fn endpoint(&self, context: Option<&Arc<RouteContext>>) -> Arc<dyn Endpoint> {
        let (route, first) = match &self.kind {
            Kind::Route { route, first } => (route, first),
            Kind::Bound(endpoint) => return Arc::clone(endpoint),
        };
        let (known, endpoint) = first.get_or_init(|| (context.cloned(), bind(route, context)));
        if known.as_ref().map(Arc::as_ptr) == context.map(Arc::as_ptr) {
            return Arc::clone(endpoint);
        }
        bind(route, context)
    }
}

/// Binds a route to the context of the route around it.
pub(super) fn bind(route: &Route, context: Option<&Arc<RouteContext>>) -> Arc<dyn Endpoint> {
    // The router's configuration comes with the request, so that a layer in between can override it.
    let binding = context.map(|context| Binding {
        route: context.route.clone(),
        settings: Arc::clone(&context.settings),
        ..Binding::default()
    });
    route.bind(binding.unwrap_or_default())
}

impl<B> Service<http::Request<B>> for RouteService
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<B>) -> RouteFuture {
        let extension = request.extensions_mut().remove::<ContextExtension>();
        let endpoint = self.endpoint(extension.as_ref().map(|extension| &extension.context));
        let path = extension.map(|extension| extension.path).unwrap_or_default();
        endpoint.call(request.map(Body::new), path)
    }
}

impl fmt::Debug for RouteService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteService").finish_non_exhaustive()
    }
}
