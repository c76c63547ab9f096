//! What stands around a handler tells it: a built-in default acts only where nobody has spoken.

use crate::{RouteConfig, SizeLimit};
use http::Extensions;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// In a request's extensions: what was said further out. Who stands nearest to the handler speaks last, and is heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Enclosing {
    pub(crate) body_parser: Option<Parser>,
    /// Somebody measures the answer, or has said that nobody shall.
    pub(crate) response_limit: bool,
    pub(crate) external_resolver: Option<bool>,
    pub(crate) etag: Option<bool>,
    overruled: Option<Arc<Overruled>>,
}

/// What was said about the body parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parser {
    Off,
    /// None: with the limit that was named further out, or the built-in one.
    On(Option<SizeLimit>),
}

impl Parser {
    /// The limit of a parser that is on.
    pub(crate) fn limit(self) -> Option<SizeLimit> {
        match self {
            Self::Off => None,
            Self::On(limit) => limit,
        }
    }
}

impl Enclosing {
    pub(crate) fn of(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    pub(crate) fn speak(extensions: &mut Extensions, say: impl FnOnce(&mut Self)) {
        say(extensions.get_or_insert_default());
    }

    /// A deadline nearer to the handler than a router's default takes its place.
    pub(crate) fn overrule_deadline(&self) {
        self.overrule(|overruled| &overruled.deadline);
    }

    /// As [`overrule_deadline`](Self::overrule_deadline), for the response limit.
    pub(crate) fn overrule_response_limit(&mut self) {
        self.response_limit = true;
        self.overrule(|overruled| &overruled.response_limit);
    }

    fn overrule(&self, field: impl Fn(&Overruled) -> &AtomicBool) {
        let mut next = self.overruled.as_deref();
        while let Some(overruled) = next {
            // Read in the task that has set it: the answer comes after the call.
            field(overruled).store(true, Ordering::Relaxed);
            next = overruled.outer.as_deref();
        }
    }

    /// Says what a router's configuration is, for a handler inside a service that the router cannot look into.
    ///
    /// The router itself keeps what needs no handler, deadline and limit; the value tells it later what was overruled.
    pub(crate) fn inherit(&mut self, config: &RouteConfig) -> Option<Arc<Overruled>> {
        self.body_parser = config.parser().or(self.body_parser);
        self.external_resolver = config.external_resolver.or(self.external_resolver);
        self.etag = config.etag.or(self.etag);
        if config.max_duration.is_some() {
            self.overrule_deadline();
        }
        if config.response_limit.is_some() {
            self.overrule_response_limit();
        }
        if config.max_duration.is_none() && config.response_limit.flatten().is_none() {
            return None;
        }
        let overruled = Arc::new(Overruled { outer: self.overruled.take(), ..Overruled::default() });
        self.overruled = Some(Arc::clone(&overruled));
        Some(overruled)
    }
}

/// Which of a router's defaults something nearer to the handler has set aside, in one request.
#[derive(Debug, Default)]
pub(crate) struct Overruled {
    deadline: AtomicBool,
    response_limit: AtomicBool,
    /// Of a router around this one.
    outer: Option<Arc<Self>>,
}

impl Overruled {
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
    fn the_nearest_speaks_last() {
        let mut extensions = Extensions::new();
        Enclosing::speak(&mut extensions, |enclosing| enclosing.body_parser = Some(Parser::Off));
        Enclosing::speak(&mut extensions, |enclosing| enclosing.body_parser = Some(Parser::On(None)));
        assert_eq!(Enclosing::of(&extensions).unwrap().body_parser, Some(Parser::On(None)));
    }

    #[test]
    fn what_a_router_holds_is_overruled_through_the_routers_inside() {
        let mut enclosing = Enclosing::default();
        let outer = enclosing.inherit(&RouteConfig::new().max_duration(5)).unwrap();
        assert!(enclosing.inherit(&RouteConfig::new().etag(false)).is_none());
        let limit = SizeLimit::new("4mb");
        let inner = enclosing.inherit(&RouteConfig::new().response_limit(limit)).unwrap();
        assert!(!outer.deadline() && !inner.response_limit());
        enclosing.overrule_deadline();
        assert!(outer.deadline() && inner.deadline() && !inner.response_limit());
        enclosing.overrule_response_limit();
        assert!(inner.response_limit());
        assert_eq!(enclosing.etag, Some(false));
    }

    #[test]
    fn a_nearer_router_overrules_by_its_own_default() {
        let mut enclosing = Enclosing::default();
        let outer = enclosing.inherit(&RouteConfig::new().max_duration(5)).unwrap();
        let inner = enclosing.inherit(&RouteConfig::new().max_duration(9)).unwrap();
        assert!(outer.deadline() && !inner.deadline());
    }
}
