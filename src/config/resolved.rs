//! The settings of a request: its route's configuration, what outer layers have set, and the defaults.

use super::Needs;
use super::RouteConfig;
use super::{Outer, Overridden, Parser};
use crate::size::SizeLimit;
use crate::size::{DEFAULT_RESPONSE_LIMIT, DEFAULT_SIZE_LIMIT};
use std::sync::Arc;
use std::time::Duration;

/// Every setting, resolved: the handler's own first, then that of the outer layers, then the built-in default.
///
/// It is made once for each route, and again for a request only where an outer layer has set something.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub(crate) struct Resolved {
    /// The largest body that is read.
    size_limit: Option<SizeLimit>,
    parser_is_off: bool,
    pub(crate) etag: bool,
    pub(crate) max_duration: Option<Duration>,
    response_limit: Option<SizeLimit>,
    /// An outer layer measures the response too.
    pub(crate) nested_limit: bool,
    /// Whether to warn when the handler returns before it has responded.
    pub(crate) warns_if_late: bool,
    /// The deadline is the route's own.
    own_deadline: bool,
    /// Which of these an inner service overrides.
    overridden: Option<Arc<Overridden>>,
}

impl Resolved {
    pub(crate) fn for_handler(config: &RouteConfig, mut outer: Outer) -> Self {
        let parser = outer.body_parser;
        let response_limit = match config.response_limit {
            Some(limit) => limit,
            None if outer.response_limit => None,
            None => Some(DEFAULT_RESPONSE_LIMIT),
        };
        let nested_limit = outer.response_limit;
        if config.max_duration.is_some() {
            outer.override_deadline();
        }
        if config.response_limit.is_some() {
            outer.override_response_limit();
        }
        Self {
            size_limit: config.size_limit.or(parser.and_then(Parser::limit)).or(Some(DEFAULT_SIZE_LIMIT)),
            parser_is_off: config.parser().or(parser) == Some(Parser::Off),
            etag: config.etag.or(outer.etag).unwrap_or(true),
            max_duration: config.max_duration,
            response_limit,
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
            response_limit: config.response_limit.flatten(),
            nested_limit: true,
            overridden,
            ..Self::default()
        }
    }

    /// Returns the largest body that is read for a type, or `None` if its parser is off.
    pub(crate) fn size_limit(&self, needs: Needs) -> Option<SizeLimit> {
        // A type that takes bytes reads the body even where the parser is off.
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
    use super::*;

    #[test]
    fn the_nearest_setting_decides_whether_and_how_much_is_read() {
        let config = RouteConfig::new;
        let (small, large) = (SizeLimit::new("1kb"), SizeLimit::new("2mb"));
        let cases = [
            (config(), None, Some("1mb"), Some("1mb")),
            (config(), Some(Parser::Off), None, Some("1mb")),
            (config(), Some(Parser::On(Some(large))), Some("2mb"), Some("2mb")),
            (config(), Some(Parser::On(None)), Some("1mb"), Some("1mb")),
            (config().body_parser(true), None, Some("1mb"), Some("1mb")),
            (config().body_parser(true), Some(Parser::Off), Some("1mb"), Some("1mb")),
            (config().body_parser(true), Some(Parser::On(Some(large))), Some("2mb"), Some("2mb")),
            (config().body_parser(false), Some(Parser::On(Some(large))), None, Some("2mb")),
            (config().size_limit_bytes(small), Some(Parser::Off), Some("1kb"), Some("1kb")),
            (config().size_limit_bytes(small), Some(Parser::On(Some(large))), Some("1kb"), Some("1kb")),
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
}
