//! A route that is bound to its place: what the table calls.

use super::leaf::{self, Start};
use super::methods::Dispatch;
use super::{Answer, service::Foreign};
use crate::RouteConfig;
use crate::body::{Body, BoxError};
use crate::context::{Context, Matched, MatchedPath, Settings};
use crate::rules::Rules;
use bytes::Buf;
use std::sync::Arc;

/// What answers the requests of one route.
#[derive(Clone)]
pub(crate) enum Endpoint {
    Handler(Arc<dyn Start>),
    Methods(Arc<Dispatch>),
    Service(Arc<dyn Foreign>),
}

impl Endpoint {
    /// For a body of any type, so that a request goes from the server's hands into a handler's without a stop.
    pub(crate) fn call<B>(&self, request: http::Request<B>, path: MatchedPath) -> Answer
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        match self {
            Self::Handler(handler) => leaf::called(handler, request, path),
            Self::Methods(methods) => match methods.endpoint(request.method()) {
                Some(endpoint) => endpoint.call(request, path),
                None => methods.refuse(&request),
            },
            Self::Service(service) => service.call(request.map(Body::new), path),
        }
    }
}

/// What becomes an [`Endpoint`] once its place and its configuration are known.
pub(super) trait Unbound: Send + Sync {
    fn bind(&self, binding: &Binding) -> Endpoint;

    /// Whether the handler's type is a parsed one, which a route with its parser off cannot give it.
    fn contradicts(&self, config: &RouteConfig) -> bool;

    /// CORS of a single method, which belongs to the whole route: a preflight comes with another method.
    fn inner_config(&self) -> RouteConfig {
        RouteConfig::new()
    }

    /// The methods that are answered, if not all.
    fn methods(&self) -> Vec<http::Method> {
        Vec::new()
    }
}

/// The place of a route.
#[derive(Clone, Debug, Default)]
pub(crate) struct Binding {
    /// The route's own configuration.
    pub(crate) own: RouteConfig,
    /// The router's.
    pub(crate) inherited: RouteConfig,
    pub(crate) route: Option<Matched>,
    pub(crate) settings: Arc<Settings>,
}

impl Binding {
    pub(super) fn merged(&self) -> RouteConfig {
        self.own.clone().or(&self.inherited)
    }

    /// What a request meets here, if these are the rules.
    pub(crate) fn context(&self, rules: Rules) -> Arc<Context> {
        Context::new(self.route.clone(), rules, Arc::clone(&self.settings))
    }
}
