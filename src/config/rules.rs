//! The settings themselves, and how those of several places become one value.

use crate::size::{DEFAULT_RESPONSE_LIMIT, DEFAULT_SIZE_LIMIT, SizeLimit};
use std::time::Duration;

/// Every setting but CORS, each set or not: what a configuration, a layer or a router says, or what several of them
/// together say.
///
/// [`or`](Self::or) is the only place where two of them meet. The methods that return a setting apply the built-in
/// default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) body_parser: Option<bool>,
    pub(crate) size_limit: Option<SizeLimit>,
    pub(crate) stream_limit: Option<SizeLimit>,
    /// The inner `None` means no limit.
    #[allow(clippy::option_option)] // three states: unset, off and on
    pub(crate) response_limit: Option<Option<SizeLimit>>,
    pub(crate) enforce_response_limit: Option<bool>,
    pub(crate) external_resolver: Option<bool>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) etag: Option<bool>,
}

/// What a body type needs of the body parser.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it streams the body.
    Stream,
    /// The bytes of the body.
    Bytes,
    /// A parsed value, or none if the parser is off.
    Value,
    /// A parsed value. The parser must be on.
    Typed,
}

impl Rules {
    pub(crate) const UNSET: Self = Self {
        body_parser: None,
        size_limit: None,
        stream_limit: None,
        response_limit: None,
        enforce_response_limit: None,
        external_resolver: None,
        max_duration: None,
        etag: None,
    };

    /// Returns these settings, with those of a place further out where they are not set.
    ///
    /// As in Next.js a size limit implies the parser, so it turns on a parser that only `outer` turns off.
    pub(crate) fn or(self, outer: Self) -> Self {
        let outer_parser = outer.body_parser.filter(|on| *on || self.size_limit.is_none());
        Self {
            body_parser: self.body_parser.or(outer_parser),
            size_limit: self.size_limit.or(outer.size_limit),
            stream_limit: self.stream_limit.or(outer.stream_limit),
            response_limit: self.response_limit.or(outer.response_limit),
            enforce_response_limit: self.enforce_response_limit.or(outer.enforce_response_limit),
            external_resolver: self.external_resolver.or(outer.external_resolver),
            max_duration: self.max_duration.or(outer.max_duration),
            etag: self.etag.or(outer.etag),
        }
    }

    /// Returns whether the body parser is turned off.
    pub(crate) fn parser_is_off(&self) -> bool {
        self.body_parser == Some(false)
    }

    /// Returns whether a layer with these settings has to do with the body of a request.
    pub(crate) fn concern_the_body(&self) -> bool {
        self.body_parser.is_some() || self.size_limit.is_some()
    }

    /// Returns the largest body that is read into memory.
    pub(crate) fn size_limit(&self) -> SizeLimit {
        self.size_limit.unwrap_or(DEFAULT_SIZE_LIMIT)
    }

    /// Returns the largest body that is read for a type, or `None` if its parser is off.
    pub(crate) fn size_limit_for(&self, needs: Needs) -> Option<SizeLimit> {
        // A type that needs bytes reads the body even if the parser is off.
        (needs == Needs::Bytes || !self.parser_is_off()).then(|| self.size_limit())
    }

    /// Returns the size from which a handler's response is too large.
    pub(crate) fn response_limit(&self) -> Option<SizeLimit> {
        self.response_limit.unwrap_or(Some(DEFAULT_RESPONSE_LIMIT))
    }

    /// Returns the size from which the response of any other service is too large. The built-in default applies only if
    /// it is enforced.
    pub(crate) fn response_limit_of_service(&self) -> Option<SizeLimit> {
        self.response_limit.unwrap_or(self.enforces_response_limit().then_some(DEFAULT_RESPONSE_LIMIT))
    }

    /// Returns the size from which a response is too large for a layer without a limit of its own. It measures even if a
    /// place further out does not.
    pub(crate) fn response_limit_of_layer(&self) -> Option<SizeLimit> {
        self.response_limit.flatten().or(Some(DEFAULT_RESPONSE_LIMIT))
    }

    pub(crate) fn enforces_response_limit(&self) -> bool {
        self.enforce_response_limit.unwrap_or(false)
    }

    /// Returns whether to warn when a handler returns before it has responded.
    pub(crate) fn warns_if_late(&self) -> bool {
        !self.external_resolver.unwrap_or(false)
    }

    pub(crate) fn etag(&self) -> bool {
        self.etag.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KB1: Option<SizeLimit> = Some(SizeLimit::new("1kb"));
    const MB2: Option<SizeLimit> = Some(SizeLimit::new("2mb"));
    const MB4: Option<SizeLimit> = Some(DEFAULT_RESPONSE_LIMIT);
    const MB8: Option<SizeLimit> = Some(SizeLimit::new("8mb"));

    #[test]
    fn the_nearer_place_wins_field_by_field() {
        let unset = Rules::UNSET;
        let outer = Rules {
            body_parser: Some(false),
            size_limit: None,
            stream_limit: Some(SizeLimit::new("1gb")),
            response_limit: Some(MB8),
            enforce_response_limit: Some(true),
            external_resolver: Some(true),
            max_duration: Some(Duration::from_secs(9)),
            etag: Some(false),
        };
        let one = |edit: fn(&mut Rules)| {
            let (mut near, mut both) = (unset, outer);
            edit(&mut near);
            edit(&mut both);
            (near, both)
        };
        let cases = [
            (unset, outer),
            one(|rules| rules.body_parser = Some(true)),
            one(|rules| rules.stream_limit = KB1),
            one(|rules| rules.response_limit = Some(None)),
            one(|rules| rules.response_limit = Some(KB1)),
            one(|rules| rules.enforce_response_limit = Some(false)),
            one(|rules| rules.external_resolver = Some(false)),
            one(|rules| rules.max_duration = Some(Duration::from_secs(1))),
            one(|rules| rules.etag = Some(true)),
        ];
        for (near, both) in cases {
            assert_eq!(near.or(outer), both, "{near:?}");
            assert_eq!(outer.or(near), outer, "{near:?} further out");
        }
    }

    #[test]
    fn a_size_limit_turns_the_parser_on_again() {
        let parser = |body_parser, size_limit| Rules { body_parser, size_limit, ..Rules::UNSET };
        let cases = [
            (parser(None, MB2), parser(Some(false), None), Some("2mb"), Some("2mb")),
            (parser(Some(true), None), parser(None, MB2), Some("2mb"), Some("2mb")),
            (parser(Some(true), None), parser(Some(false), MB2), Some("2mb"), Some("2mb")),
            (parser(Some(false), None), parser(None, MB2), None, Some("2mb")),
            (parser(Some(false), MB2), Rules::UNSET, None, Some("2mb")),
            (parser(Some(true), None), Rules::UNSET, Some("1mb"), Some("1mb")),
            (Rules::UNSET, parser(Some(false), None), None, Some("1mb")),
            (Rules::UNSET, Rules::UNSET, Some("1mb"), Some("1mb")),
        ];
        for (near, outer, value, bytes) in cases {
            let rules = near.or(outer);
            let text = |needs| rules.size_limit_for(needs).map(|limit| limit.to_string());
            assert_eq!(text(Needs::Value).as_deref(), value, "{near:?} inside {outer:?}");
            assert_eq!(text(Needs::Bytes).as_deref(), bytes, "the bytes of {near:?} inside {outer:?}");
        }
    }

    #[test]
    fn a_limit_and_its_enforcement_are_two_fields() {
        let rules = |response_limit, enforce_response_limit| Rules {
            response_limit,
            enforce_response_limit,
            ..Rules::UNSET
        };
        let cases = [
            (rules(None, None), MB4, None),
            (rules(None, Some(false)), MB4, None),
            (rules(None, Some(true)), MB4, MB4),
            (rules(Some(MB8), None), MB8, MB8),
            (rules(Some(None), Some(true)), None, None),
        ];
        for (rules, of_handler, of_service) in cases {
            assert_eq!(rules.response_limit(), of_handler, "{rules:?}");
            assert_eq!(rules.response_limit_of_service(), of_service, "{rules:?}");
        }
    }
}
