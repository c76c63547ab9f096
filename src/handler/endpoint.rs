//! A route that is bound to its router: what a match calls.

use super::call::{self, BoundHandler};
use super::future::RouteFuture;
use super::methods::Dispatch;
use super::service_endpoint::EndpointService;
use crate::body::{Body, BoxError};
use crate::config::Resolved;
use crate::config::RouteConfig;
use crate::context::{Matched, RouteContext, Settings};
use crate::routing::MatchedPath;
#[cfg(feature = "typescript")]
use crate::typescript::{Operation, RouteTypes};
use bytes::Buf;
use std::sync::Arc;

/// Responds to the requests of one route.
#[derive(Clone)]
pub(crate) enum Endpoint {
    Handler(Arc<dyn BoundHandler>),
    Methods(Arc<Dispatch>),
    Service(Arc<dyn EndpointService>),
}

impl Endpoint {
    /// Generic over the body, so that a request needs no conversion on its way to a handler.
    pub(crate) fn call<B>(&self, request: http::Request<B>, path: MatchedPath) -> RouteFuture
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        match self {
            Self::Handler(handler) => call::call(handler, request, path),
            Self::Methods(methods) => match methods.endpoint(request.method()) {
                Some(endpoint) => endpoint.call(request, path),
                None => methods.refuse(&request),
            },
            Self::Service(service) => service.call(request.map(Body::new), path),
        }
    }
}

impl Endpoint {
    /// Puts CORS around the endpoint, if the binding has any.
    #[cfg_attr(not(feature = "cors"), allow(clippy::unused_self))]
    pub(crate) fn with_cors(self, binding: &Binding) -> Self {
        #[cfg(feature = "cors")]
        if let Some(cors) = binding.merged().cors {
            return super::cors::with_cors(self, cors, binding);
        }
        #[cfg(not(feature = "cors"))]
        let _ = binding;
        self
    }
}

/// Becomes an [`Endpoint`] once the route and its configuration are known.
pub(super) trait IntoEndpoint: Send + Sync {
    fn bind(&self, binding: &Binding) -> Endpoint;

    /// Returns whether the handler takes a parsed body, which a route with its parser off does not have.
    fn contradicts(&self, config: &RouteConfig) -> bool;

    /// Returns a single method's CORS, which applies to the whole route: a preflight comes with another method.
    fn inner_config(&self) -> RouteConfig {
        RouteConfig::new()
    }

    /// Returns the methods that the route has, if not all.
    fn methods(&self) -> Vec<http::Method> {
        Vec::new()
    }

    /// Returns the types of each method, or those of all methods.
    #[cfg(feature = "typescript")]
    fn operations(&self) -> Vec<Operation> {
        vec![(None, RouteTypes::default())]
    }
}

/// What a route is bound to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding {
    /// The route's own configuration.
    pub(crate) own: RouteConfig,
    /// The router's configuration.
    pub(crate) inherited: RouteConfig,
    pub(crate) route: Option<Matched>,
    pub(crate) settings: Arc<Settings>,
}

impl Binding {
    pub(super) fn merged(&self) -> RouteConfig {
        self.own.clone().or(&self.inherited)
    }

    /// Returns the context of a route with these settings.
    pub(crate) fn context(&self, resolved: Resolved) -> Arc<RouteContext> {
        RouteContext::new(self.route.clone(), resolved, Arc::clone(&self.settings))
    }
}
