//! The context of a route.

use super::Settings;
use crate::config::Rules;
use crate::routing::{MatchedPath, MatchedRoute, Pattern, params};
use http::Extensions;
use std::sync::Arc;

/// The context of a route, created when the router is built.
#[derive(Debug)]
pub(crate) struct RouteContext {
    /// `None` in a fallback, and for a handler outside a router.
    pub(crate) route: Option<Matched>,
    pub(crate) rules: Rules,
    pub(crate) settings: Arc<Settings>,
}

#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) name: MatchedRoute,
    pub(crate) pattern: Pattern,
}

impl RouteContext {
    pub(crate) fn new(route: Option<Matched>, rules: Rules, settings: Arc<Settings>) -> Arc<Self> {
        Arc::new(Self { route, rules, settings })
    }

    /// Inserts the route into the extensions of a response. In that of a service may be the route of an inner router,
    /// which is more specific.
    pub(crate) fn tell(&self, extensions: &mut Extensions, is_service: bool) {
        if let Some(route) = &self.route {
            if !is_service || extensions.get::<MatchedRoute>().is_none() {
                extensions.insert(route.name.clone());
            }
        }
    }

    pub(crate) fn route_name(&self) -> Option<&str> {
        self.route.as_ref().map(|route| route.name.as_str())
    }

    /// Returns the route's parameters in this path, still encoded.
    pub(crate) fn params<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, params::Raw<'a>)> {
        self.route.iter().flat_map(move |route| params::cut(&route.pattern, path))
    }
}

/// The context of a route, in the extensions of a request to a service. A handler inside the service takes it from
/// there.
#[derive(Clone, Debug)]
pub(crate) struct ContextExtension {
    pub(crate) context: Arc<RouteContext>,
    pub(crate) path: MatchedPath,
}
