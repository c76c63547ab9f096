//! Routes that are bound to their router.

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
    /// Responds to a request. It is generic over the body, so that a request to a handler needs no conversion.
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
    /// Wraps the endpoint in CORS, if the binding configures it.
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

    /// Returns whether the handler takes a parsed body although `config` turns the body parser off.
    fn contradicts(&self, config: &RouteConfig) -> bool;

    /// Returns the CORS configuration of a single method. It applies to the whole route, because a preflight has
    /// another method.
    fn inner_config(&self) -> RouteConfig {
        RouteConfig::new()
    }

    /// Returns the methods of the route, or an empty list for all methods.
    fn methods(&self) -> Vec<http::Method> {
        Vec::new()
    }

    /// Returns the types of each method, or those of all methods.
    #[cfg(feature = "typescript")]
    fn operations(&self) -> Vec<Operation> {
        vec![(None, RouteTypes::default())]
    }
}

/// The router's part of a route.
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
