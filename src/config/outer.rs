//! What the layers and routers around a handler have set. A built-in default acts only where none of them has.

use super::RouteConfig;
use crate::routing::MatchedRoute;
use crate::size::SizeLimit;
use http::Extensions;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The settings of outer layers, in a request's extensions. What is nearer to the handler overrides what is further out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outer {
    pub(crate) body_parser: Option<Parser>,
    /// An outer layer measures the response, or turns the limit off.
    pub(crate) response_limit: bool,
    pub(crate) external_resolver: Option<bool>,
    pub(crate) etag: Option<bool>,
    overridden: Option<Arc<Overridden>>,
    route: Option<Arc<RouteSlot>>,
}

/// Where a layer around a router finds the route that was matched inside.
pub(crate) type RouteSlot = Mutex<Option<MatchedRoute>>;

/// A setting of the body parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parser {
    Off,
    /// `None` means the limit that is set further out, or the built-in one.
    On(Option<SizeLimit>),
}

impl Parser {
    /// Returns the limit of a parser that is on.
    pub(crate) fn limit(self) -> Option<SizeLimit> {
        match self {
            Self::Off => None,
            Self::On(limit) => limit,
        }
    }
}

impl Outer {
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    pub(crate) fn set(extensions: &mut Extensions, edit: impl FnOnce(&mut Self)) {
        edit(extensions.get_or_insert_default());
    }

    /// Returns where the route will be written that a router inside matches.
    pub(crate) fn route_slot(&mut self) -> Arc<RouteSlot> {
        self.route.get_or_insert_default().clone()
    }

    /// Tells the layers further out which route was matched. Of nested routers the innermost counts.
    pub(crate) fn record_route(&self, route: &MatchedRoute) {
        if let Some(slot) = &self.route {
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(route.clone());
        }
    }

    /// Overrides the default deadlines of the routers further out.
    pub(crate) fn override_deadline(&self) {
        self.override_each(|overridden| &overridden.deadline);
    }

    /// Overrides the default response limits of the routers further out.
    pub(crate) fn override_response_limit(&mut self) {
        self.response_limit = true;
        self.override_each(|overridden| &overridden.response_limit);
    }

    fn override_each(&self, field: impl Fn(&Overridden) -> &AtomicBool) {
        let mut next = self.overridden.as_deref();
        while let Some(overridden) = next {
            // Read in the task that sets it: the response comes after the call.
            field(overridden).store(true, Ordering::Relaxed);
            next = overridden.outer.as_deref();
        }
    }

    /// Adds a router's configuration, for a handler inside a service that the router cannot look into.
    ///
    /// The router applies the deadline and the response limit itself. The returned value says which of them is overridden.
    pub(crate) fn inherit(&mut self, config: &RouteConfig) -> Option<Arc<Overridden>> {
        self.body_parser = config.parser().or(self.body_parser);
        self.external_resolver = config.external_resolver.or(self.external_resolver);
        self.etag = config.etag.or(self.etag);
        if config.max_duration.is_some() {
            self.override_deadline();
        }
        if config.response_limit.is_some() {
            self.override_response_limit();
        }
        if config.max_duration.is_none() && config.response_limit.flatten().is_none() {
            return None;
        }
        let overridden = Arc::new(Overridden { outer: self.overridden.take(), ..Overridden::default() });
        self.overridden = Some(Arc::clone(&overridden));
        Some(overridden)
    }
}

/// The defaults of a router that are overridden in one request.
#[derive(Debug, Default)]
pub(crate) struct Overridden {
    deadline: AtomicBool,
    response_limit: AtomicBool,
    /// Those of the router around this one.
    outer: Option<Arc<Self>>,
}

impl Overridden {
    pub(crate) fn deadline(&self) -> bool {
        self.deadline.load(Ordering::Relaxed)
    }

    pub(crate) fn response_limit(&self) -> bool {
        self.response_limit.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_setting_wins() {
        let mut extensions = Extensions::new();
        Outer::set(&mut extensions, |outer| outer.body_parser = Some(Parser::Off));
        Outer::set(&mut extensions, |outer| outer.body_parser = Some(Parser::On(None)));
        assert_eq!(Outer::of(&extensions).unwrap().body_parser, Some(Parser::On(None)));
    }

    #[test]
    fn what_a_router_holds_is_overruled_through_the_routers_inside() {
        let mut outer = Outer::default();
        let routers = outer.inherit(&RouteConfig::new().max_duration(5)).unwrap();
        assert!(outer.inherit(&RouteConfig::new().etag(false)).is_none());
        let limit = SizeLimit::new("4mb");
        let inner = outer.inherit(&RouteConfig::new().response_limit(limit)).unwrap();
        assert!(!routers.deadline() && !inner.response_limit());
        outer.override_deadline();
        assert!(routers.deadline() && inner.deadline() && !inner.response_limit());
        outer.override_response_limit();
        assert!(inner.response_limit());
        assert_eq!(outer.etag, Some(false));
    }

    #[test]
    fn a_nearer_router_overrules_by_its_own_default() {
        let mut outer = Outer::default();
        let routers = outer.inherit(&RouteConfig::new().max_duration(5)).unwrap();
        let inner = outer.inherit(&RouteConfig::new().max_duration(9)).unwrap();
        assert!(routers.deadline() && !inner.deadline());
    }
}
