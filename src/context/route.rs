//! The context of a route.

use super::Settings;
use crate::config::Resolved;
use crate::routing::{MatchedRoute, Pattern, params};
use http::Extensions;
use std::sync::Arc;

/// The context of a route, created when the router is built.
#[derive(Debug)]
pub(crate) struct RouteContext {
    /// `None` in a fallback, and for a handler outside a router.
    pub(crate) route: Option<Matched>,
    pub(crate) resolved: Resolved,
    pub(crate) settings: Arc<Settings>,
    /// The extensions for a response that has no others: the matched route.
    recorded: Extensions,
}

#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) name: MatchedRoute,
    pub(crate) pattern: Pattern,
}

impl RouteContext {
    pub(crate) fn new(route: Option<Matched>, resolved: Resolved, settings: Arc<Settings>) -> Arc<Self> {
        let mut recorded = Extensions::new();
        if let Some(route) = &route {
            recorded.insert(route.name.clone());
        }
        Arc::new(Self { route, resolved, settings, recorded })
    }

    /// Writes the route into the extensions of a response.
    pub(crate) fn record(&self, extensions: &mut Extensions, is_service: bool) {
        if extensions.is_empty() {
            // A clone is cheaper than a new map with one entry.
            extensions.clone_from(&self.recorded);
        } else if is_service && extensions.get::<MatchedRoute>().is_some() {
            // The route of an inner router is more specific.
        } else if let Some(route) = &self.route {
            extensions.insert(route.name.clone());
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
