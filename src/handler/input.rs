//! As much of a request's body as a handler's type asks for.

use crate::body::Body;
use crate::body_parser::{self, ContentType};
use crate::config::DEFAULT_SIZE_LIMIT;
use crate::enclosing::Parser;
use crate::request::{Format, Input, Needs};
use crate::{ParsedBody, Result, RouteConfig, SizeLimit};
use bytes::Bytes;
use http::{Extensions, HeaderMap};

/// A body on its way to a handler; in the end its type's input and the raw bytes, if they were read.
pub(super) enum Reading {
    /// Without waiting: the body was in memory, as that of nearly every GET is, or is not to be read, or was refused.
    Done(Result<(Input, Bytes)>),
    Waiting {
        body: Body,
        limit: SizeLimit,
        input: Input,
    },
}

impl Reading {
    /// None as the limit: the parser is off.
    pub(super) fn start(
        needs: Needs,
        headers: &HeaderMap,
        extensions: &mut Extensions,
        mut body: Body,
        limit: Option<SizeLimit>,
    ) -> Self {
        if needs == Needs::Stream {
            return Self::Done(Ok((Input::Stream(body), Bytes::new())));
        }
        let Some(limit) = limit else { return Self::Done(Ok((Input::Off, Bytes::new()))) };
        let input = match extensions.remove::<ParsedBody>() {
            _ if needs == Needs::Bytes => Input::Bytes,
            // A layer further out has read and parsed the body: it is in memory, and only the limit is left to keep.
            Some(parsed) => Input::Parsed(parsed),
            // As in Next.js, an unknown charset is refused before the body is read.
            None => match ContentType::of(headers) {
                Ok(content_type) => Input::Read(Format(content_type)),
                Err(error) => return Self::Done(Err(error)),
            },
        };
        match body_parser::take(&mut body, limit) {
            Some(raw) => Self::Done(raw.map(|raw| (input, raw))),
            None => Self::Waiting { body, limit, input },
        }
    }

    pub(super) async fn finish(self, headers: &HeaderMap) -> Result<(Input, Bytes)> {
        match self {
            Self::Done(result) => result,
            Self::Waiting { body, limit, input } => {
                body_parser::read(body, headers, limit).await.map(|raw| (input, raw))
            }
        }
    }
}

/// The handler's own configuration first, then what stands around it, then the built-in default. None: the parser is off.
pub(super) fn limit(needs: Needs, config: &RouteConfig, enclosing: Option<Parser>) -> Option<SizeLimit> {
    let limit = config.size_limit.or(enclosing.and_then(Parser::limit)).unwrap_or(DEFAULT_SIZE_LIMIT);
    match config.parser().or(enclosing) {
        // Bytes are asked for by the type: the parser's switch is about parsing.
        Some(Parser::Off) if needs != Needs::Bytes => None,
        _ => Some(limit),
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
        for (config, enclosing, value, bytes) in cases {
            let text = |needs| limit(needs, &config, enclosing).map(|limit| limit.to_string());
            assert_eq!(text(Needs::Value).as_deref(), value, "{config:?} inside {enclosing:?}");
            assert_eq!(text(Needs::Bytes).as_deref(), bytes, "the bytes of {config:?} inside {enclosing:?}");
        }
    }
}
