//! The settings of a request: its route's configuration, what outer layers have set, and the defaults.

use super::Needs;
use super::RouteConfig;
use super::{Outer, Overridden};
use crate::size::SizeLimit;
use crate::size::{DEFAULT_RESPONSE_LIMIT, DEFAULT_SIZE_LIMIT};
use std::sync::Arc;
use std::time::Duration;

/// Every setting, resolved: the handler's own first, then that of the outer layers, then the built-in default.
///
/// It is created once for each route, and again for a request only if an outer layer has set a field.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // independent settings
pub(crate) struct Resolved {
    /// The largest body that is read.
    size_limit: Option<SizeLimit>,
    parser_is_off: bool,
    pub(crate) etag: bool,
    pub(crate) max_duration: Option<Duration>,
    response_limit: Option<SizeLimit>,
    /// Whether a response over the limit is rejected.
    pub(crate) enforces_response_limit: bool,
    /// Whether an outer layer measures the response too.
    pub(crate) nested_limit: bool,
    /// Whether to warn when the handler returns before it has responded.
    pub(crate) warns_if_late: bool,
    /// Whether the deadline is the route's own.
    own_deadline: bool,
    /// Which of these an inner service overrides.
    overridden: Option<Arc<Overridden>>,
}

impl Resolved {
    pub(crate) fn for_handler(config: &RouteConfig, mut outer: Outer) -> Self {
        let parser = outer.body_parser;
        let response_limit = match (config.response_limit, outer.response_limit) {
            (Some(limit), _) => limit,
            (None, None) => Some(DEFAULT_RESPONSE_LIMIT),
            // The outer layer measures the response. A route that enforces the limit measures it as well.
            (None, Some(limit)) => limit.filter(|_| config.enforce_response_limit == Some(true)),
        };
        let enforce = config.enforce_response_limit.or(outer.enforce_response_limit);
        let nested_limit = outer.response_limit.is_some();
        if config.max_duration.is_some() {
            outer.override_deadline();
        }
        if let Some(limit) = config.response_limit {
            outer.set_response_limit(limit);
        }
        Self {
            size_limit: config
                .size_limit
                .or(parser.and_then(|parser| parser.limit))
                .or(Some(DEFAULT_SIZE_LIMIT)),
            parser_is_off: config.parser().or(parser).is_some_and(|parser| !parser.on),
            etag: config.etag.or(outer.etag).unwrap_or(true),
            max_duration: config.max_duration,
            response_limit,
            enforces_response_limit: enforce.unwrap_or(false),
            nested_limit,
            warns_if_late: !config.external_resolver.or(outer.external_resolver).unwrap_or(false),
            own_deadline: true,
            overridden: None,
        }
    }

    /// Resolves a router's configuration for a service: only what the router sets itself, and the route's own deadline.
    pub(crate) fn for_service(
        config: &RouteConfig,
        deadline: Option<Duration>,
        overridden: Option<Arc<Overridden>>,
    ) -> Self {
        Self {
            max_duration: deadline.or(config.max_duration),
            own_deadline: deadline.is_some(),
            response_limit: config.service_response_limit(),
            enforces_response_limit: config.enforce_response_limit.unwrap_or(false),
            nested_limit: true,
            overridden,
            ..Self::default()
        }
    }

    /// Returns the largest body that is read for a type, or `None` if its parser is off.
    pub(crate) fn size_limit(&self, needs: Needs) -> Option<SizeLimit> {
        // A type that needs bytes reads the body even if the parser is off.
        self.size_limit.filter(|_| needs == Needs::Bytes || !self.parser_is_off)
    }

    pub(crate) fn response_limit(&self) -> Option<SizeLimit> {
        let overridden = self.overridden.as_ref().is_some_and(|overridden| overridden.response_limit());
        self.response_limit.filter(|_| !overridden)
    }

    /// Returns whether the deadline is overridden.
    pub(crate) fn deadline_is_overridden(&self) -> bool {
        !self.own_deadline && self.overridden.as_ref().is_some_and(|overridden| overridden.deadline())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Parser;
    use super::*;

    #[test]
    fn the_nearest_setting_decides_whether_and_how_much_is_read() {
        let config = RouteConfig::new;
        let (small, large) = (SizeLimit::new("1kb"), SizeLimit::new("2mb"));
        let on = |limit| Some(Parser { on: true, limit });
        let off = |limit| Some(Parser { on: false, limit });
        let cases = [
            (config(), None, Some("1mb"), Some("1mb")),
            (config(), off(Some(small)), None, Some("1kb")),
            (config().body_parser(true), off(Some(small)), Some("1kb"), Some("1kb")),
            (config(), off(None), None, Some("1mb")),
            (config(), on(Some(large)), Some("2mb"), Some("2mb")),
            (config(), on(None), Some("1mb"), Some("1mb")),
            (config().body_parser(true), None, Some("1mb"), Some("1mb")),
            (config().body_parser(true), off(None), Some("1mb"), Some("1mb")),
            (config().body_parser(true), on(Some(large)), Some("2mb"), Some("2mb")),
            (config().body_parser(false), on(Some(large)), None, Some("2mb")),
            (config().size_limit_bytes(small), off(None), Some("1kb"), Some("1kb")),
            (config().size_limit_bytes(small), on(Some(large)), Some("1kb"), Some("1kb")),
            (config().size_limit_bytes(small).body_parser(false), None, None, Some("1kb")),
        ];
        for (config, body_parser, value, bytes) in cases {
            let mut outer = Outer::default();
            outer.body_parser = body_parser;
            let resolved = Resolved::for_handler(&config, outer);
            let text = |needs| resolved.size_limit(needs).map(|limit| limit.to_string());
            assert_eq!(text(Needs::Value).as_deref(), value, "{config:?} inside {body_parser:?}");
            assert_eq!(
                text(Needs::Bytes).as_deref(),
                bytes,
                "the bytes of {config:?} inside {body_parser:?}"
            );
        }
    }

    #[test]
    fn a_response_limit_and_whether_it_is_enforced_are_two_fields() {
        let config = RouteConfig::new;
        let size = |text: &str| Some(SizeLimit::new(text));
        let cases = [
            (config(), None, None, size("4mb"), false),
            (config().enforce_response_limit(true), None, None, size("4mb"), true),
            (config().response_limit("8mb").enforce_response_limit(true), None, None, size("8mb"), true),
            (config().no_response_limit().enforce_response_limit(true), None, None, None, true),
            // An outer layer measures.
            (config(), Some(size("2mb")), Some(true), None, true),
            (config().enforce_response_limit(false), Some(size("2mb")), Some(true), None, false),
            (config().enforce_response_limit(true), Some(size("2mb")), None, size("2mb"), true),
            (config().enforce_response_limit(true), Some(None), None, None, true),
            (config().response_limit("8mb"), Some(size("2mb")), Some(true), size("8mb"), true),
        ];
        for (config, response_limit, enforce_response_limit, limit, enforced) in cases {
            let mut outer = Outer::default();
            (outer.response_limit, outer.enforce_response_limit) = (response_limit, enforce_response_limit);
            let resolved = Resolved::for_handler(&config, outer);
            assert_eq!(resolved.response_limit(), limit, "{config:?} inside {response_limit:?}");
            assert_eq!(
                resolved.enforces_response_limit, enforced,
                "{config:?} inside {enforce_response_limit:?}"
            );
        }
    }
}
