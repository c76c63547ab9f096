//! Binds routes to their router.

use super::endpoint::{Endpoint, Wrapper};
use crate::config::{RouteConfig, Rules};
use crate::context::{Matched, RouteContext, Settings};
#[cfg(feature = "openapi")]
use crate::openapi::{Description, Operation};
use std::sync::Arc;

/// The origins that the requests of a route are forwarded to. The method `None` stands for all that are not named.
pub(crate) type Origins = Vec<(Option<http::Method>, Box<str>)>;

/// Becomes an [`Endpoint`] once the route and its configuration are known.
pub(super) trait IntoEndpoint: Send + Sync {
    fn bind(self: Arc<Self>, binding: &Binding) -> Arc<dyn Endpoint>;

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

    /// Returns the origins that a proxy forwards requests to, each with the method, or `None` for all other methods.
    fn origins(&self) -> Origins {
        Origins::new()
    }

    /// Returns the configuration of the handler of each method, if there is more than one handler.
    fn method_configs(&self) -> Vec<(http::Method, RouteConfig)> {
        Vec::new()
    }

    /// Returns the description of each method, or that of all methods.
    #[cfg(feature = "openapi")]
    fn operations(&self) -> Vec<Operation> {
        vec![(None, Description::default())]
    }
}

/// The router's part of a route.
#[derive(Clone, Default)]
pub(crate) struct Binding {
    /// The route's own configuration.
    pub(crate) own: RouteConfig,
    /// The router's configuration.
    pub(crate) inherited: RouteConfig,
    pub(crate) route: Option<Matched>,
    pub(crate) settings: Arc<Settings>,
    /// The functions around each handler, innermost first.
    pub(crate) wrappers: Vec<Arc<dyn Wrapper>>,
}

impl Binding {
    pub(super) fn merged(&self) -> RouteConfig {
        self.own.clone().or(&self.inherited)
    }

    /// Returns the context of a route with these settings.
    pub(crate) fn context(&self, rules: Rules) -> Arc<RouteContext> {
        RouteContext::new(self.route.clone(), rules, Arc::clone(&self.settings))
    }
}
