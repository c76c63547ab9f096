//! A route that is bound to its place: what the table calls.

use super::Answer;
use crate::RouteConfig;
use crate::body::Body;
use crate::context::{Context, Matched, MatchedPath, Settings};
use std::sync::Arc;

/// Answers the requests of one route.
pub(crate) trait Endpoint: Send + Sync {
    fn call(&self, request: http::Request<Body>, path: MatchedPath) -> Answer;
}

/// What becomes an [`Endpoint`] once its place and its configuration are known.
pub(super) trait Unbound: Send + Sync {
    fn bind(&self, binding: &Binding) -> Arc<dyn Endpoint>;

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

    pub(crate) fn context(&self, config: RouteConfig) -> Arc<Context> {
        Arc::new(Context { route: self.route.clone(), config, settings: Arc::clone(&self.settings) })
    }
}
