//! What a request is held to: the configuration of its route, and what stands around it.

use crate::config::{DEFAULT_RESPONSE_LIMIT, DEFAULT_SIZE_LIMIT};
use crate::enclosing::{Enclosing, Overruled, Parser};
use crate::request::Needs;
use crate::{RouteConfig, SizeLimit};
use std::sync::Arc;
use std::time::Duration;

/// Every setting, resolved: the handler's own first, then what stands around it, then the built-in default.
///
/// A route's are made once, with its table. Only where a layer has spoken are they made anew for a request.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a switch of its own
pub(crate) struct Rules {
    /// How much of a body is read.
    size_limit: Option<SizeLimit>,
    parser_is_off: bool,
    pub(crate) etag: bool,
    pub(crate) max_duration: Option<Duration>,
    response_limit: Option<SizeLimit>,
    /// A layer further out measures too.
    pub(crate) nested_limit: bool,
    /// An answer that comes later is worth a warning.
    pub(crate) warns_if_late: bool,
    /// What a service inside has set aside of these.
    overruled: Option<Arc<Overruled>>,
}

impl Rules {
    pub(crate) fn of_handler(config: &RouteConfig, mut enclosing: Enclosing) -> Self {
        let parser = enclosing.body_parser;
        let response_limit = match config.response_limit {
            Some(limit) => limit,
            None if enclosing.response_limit => None,
            None => Some(DEFAULT_RESPONSE_LIMIT),
        };
        let nested_limit = enclosing.response_limit;
        if config.max_duration.is_some() {
            enclosing.overrule_deadline();
        }
        if config.response_limit.is_some() {
            enclosing.overrule_response_limit();
        }
        Self {
            size_limit: config.size_limit.or(parser.and_then(Parser::limit)).or(Some(DEFAULT_SIZE_LIMIT)),
            parser_is_off: config.parser().or(parser) == Some(Parser::Off),
            etag: config.etag.or(enclosing.etag).unwrap_or(true),
            max_duration: config.max_duration,
            response_limit,
            nested_limit,
            warns_if_late: !config.external_resolver.or(enclosing.external_resolver).unwrap_or(false),
            overruled: None,
        }
    }

    /// A router's configuration for a foreign service, as far as it says something.
    pub(crate) fn of_service(config: &RouteConfig, overruled: Option<Arc<Overruled>>) -> Self {
        Self {
            max_duration: config.max_duration,
            response_limit: config.response_limit.flatten(),
            nested_limit: true,
            overruled,
            ..Self::default()
        }
    }

    /// How much of a body is read for such a type; none if its parser is off.
    pub(crate) fn size_limit(&self, needs: Needs) -> Option<SizeLimit> {
        // Bytes are asked for by the type: the parser's switch is about parsing.
        self.size_limit.filter(|_| needs == Needs::Bytes || !self.parser_is_off)
    }

    pub(crate) fn response_limit(&self) -> Option<SizeLimit> {
        let overruled = self.overruled.as_ref().is_some_and(|overruled| overruled.response_limit());
        self.response_limit.filter(|_| !overruled)
    }

    /// Whether a deadline of these counts no more.
    pub(crate) fn deadline_is_overruled(&self) -> bool {
        self.overruled.as_ref().is_some_and(|overruled| overruled.deadline())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_decides_whether_and_how_much_is_read() {
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
            let mut enclosing = Enclosing::default();
            enclosing.body_parser = body_parser;
            let rules = Rules::of_handler(&config, enclosing);
            let text = |needs| rules.size_limit(needs).map(|limit| limit.to_string());
            assert_eq!(text(Needs::Value).as_deref(), value, "{config:?} inside {body_parser:?}");
            assert_eq!(
                text(Needs::Bytes).as_deref(),
                bytes,
                "the bytes of {config:?} inside {body_parser:?}"
            );
        }
    }
}
