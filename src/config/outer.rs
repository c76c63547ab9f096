//! The settings of the layers and routers around a handler. A built-in default acts only if none of them sets the
//! field.

use super::{RouteConfig, SharedLine};
use crate::routing::MatchedRoute;
use crate::size::SizeLimit;
use http::Extensions;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

/// The settings of outer layers, in a request's extensions. Inner settings override outer ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outer {
    pub(crate) body_parser: Option<Parser>,
    /// The limit that an outer layer measures by. The inner `None` means that it turns the limit off.
    #[allow(clippy::option_option)] // as in the configuration
    pub(crate) response_limit: Option<Option<SizeLimit>>,
    pub(crate) enforce_response_limit: Option<bool>,
    pub(crate) external_resolver: Option<bool>,
    pub(crate) etag: Option<bool>,
    overridden: Option<Arc<Overridden>>,
    /// The request line that the layers around a router log. They share it.
    pub(crate) line: Option<Arc<SharedLine>>,
}

/// The settings of the body parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parser {
    pub(crate) on: bool,
    /// `None` means the limit of an outer layer, or the built-in one.
    pub(crate) limit: Option<SizeLimit>,
}

impl Parser {
    /// Returns these settings, with the limit of `outer` where they have none.
    pub(crate) fn or_limit_of(self, outer: Option<Self>) -> Self {
        Self { limit: self.limit.or(outer.and_then(|outer| outer.limit)), ..self }
    }
}

impl Outer {
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    pub(crate) fn set(extensions: &mut Extensions, edit: impl FnOnce(&mut Self)) {
        edit(extensions.get_or_insert_default());
    }

    /// Stores the matched route for the outer layers. Of nested routers, the innermost one counts.
    pub(crate) fn record_route(&self, route: &MatchedRoute) {
        if let Some(line) = &self.line {
            line.lock().unwrap_or_else(PoisonError::into_inner).route = Some(route.clone());
        }
    }

    /// Overrides the default deadlines of the outer routers.
    pub(crate) fn override_deadline(&self) {
        self.override_each(|overridden| &overridden.deadline);
    }

    /// Sets the response limit, and overrides the default ones of the outer routers.
    pub(crate) fn set_response_limit(&mut self, limit: Option<SizeLimit>) {
        self.response_limit = Some(limit);
        self.override_each(|overridden| &overridden.response_limit);
    }

    fn override_each(&self, field: impl Fn(&Overridden) -> &AtomicBool) {
        let mut next = self.overridden.as_deref();
        while let Some(overridden) = next {
            // `Relaxed` suffices: the same task reads it, after the call.
            field(overridden).store(true, Ordering::Relaxed);
            next = overridden.outer.as_deref();
        }
    }

    /// Adds a router's configuration, for a handler inside a tower service.
    ///
    /// The router applies the deadline and the response limit itself. The returned value records which of them the
    /// service overrides.
    pub(crate) fn inherit(&mut self, config: &RouteConfig) -> Option<Arc<Overridden>> {
        let outer = self.body_parser;
        self.body_parser = config.parser().map(|parser| parser.or_limit_of(outer)).or(outer);
        self.enforce_response_limit = config.enforce_response_limit.or(self.enforce_response_limit);
        self.external_resolver = config.external_resolver.or(self.external_resolver);
        self.etag = config.etag.or(self.etag);
        if config.max_duration.is_some() {
            self.override_deadline();
        }
        let response_limit = config.service_response_limit();
        if config.response_limit.is_some() || response_limit.is_some() {
            self.set_response_limit(response_limit);
        }
        if config.max_duration.is_none() && response_limit.is_none() {
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
    /// Those of the outer router.
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
    fn a_router_inherits_the_limit_that_it_does_not_set() {
        let limit = Some(SizeLimit::new("2mb"));
        let cases = [
            (RouteConfig::new(), Some(Parser { on: true, limit })),
            (RouteConfig::new().body_parser(true), Some(Parser { on: true, limit })),
            (RouteConfig::new().body_parser(false), Some(Parser { on: false, limit })),
            (
                RouteConfig::new().size_limit("1kb"),
                Some(Parser { on: true, limit: Some("1kb".parse().unwrap()) }),
            ),
        ];
        for (config, expected) in cases {
            let mut outer = Outer { body_parser: Some(Parser { on: true, limit }), ..Outer::default() };
            outer.inherit(&config);
            assert_eq!(outer.body_parser, expected, "{config:?}");
        }
    }

    #[test]
    fn an_inner_setting_overrides_the_defaults_of_all_outer_routers() {
        let mut outer = Outer::default();
        let routers = outer.inherit(&RouteConfig::new().max_duration_secs(5)).unwrap();
        assert!(outer.inherit(&RouteConfig::new().etag(false)).is_none());
        let inner = outer.inherit(&RouteConfig::new().response_limit("4mb")).unwrap();
        assert!(!routers.deadline() && !inner.response_limit());
        outer.override_deadline();
        assert!(routers.deadline() && inner.deadline() && !inner.response_limit());
        outer.set_response_limit(None);
        assert!(inner.response_limit());
        assert_eq!(outer.etag, Some(false));
        assert_eq!(outer.response_limit, Some(None));
    }

    #[test]
    fn the_default_of_an_inner_router_overrides_that_of_an_outer_one() {
        let mut outer = Outer::default();
        let routers = outer.inherit(&RouteConfig::new().max_duration_secs(5)).unwrap();
        let inner = outer.inherit(&RouteConfig::new().max_duration_secs(9)).unwrap();
        assert!(routers.deadline() && !inner.deadline());
    }
}
