use super::BodyParser;
use crate::config::Parser;
use crate::size::SizeLimit;
use tower_layer::Layer;

/// Applies [`BodyParser`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct BodyParserLayer {
    /// None: as if the layer were not there.
    parser: Option<Parser>,
}

impl BodyParserLayer {
    /// Creates a layer that reads bodies up to 1 MB, or up to the limit that a layer or a router further out sets.
    pub const fn new() -> Self {
        Self::from_parser(Parser { on: true, limit: None })
    }

    /// Sets whether bodies are read and parsed. Default: `true`.
    ///
    /// A layer that is not enabled leaves bodies alone, and so do handlers inside, as with
    /// [`RouteConfig::body_parser(false)`](crate::RouteConfig::body_parser): their built-in parser is off, and their
    /// `ParsedBody` is `Undefined`. The [`size_limit`](Self::size_limit) holds for a handler of a `RawBody` all the same.
    pub const fn enabled(self, enabled: bool) -> Self {
        Self::from_parser(Parser { on: enabled, limit: self.limit() })
    }

    /// Sets the largest body that is read, as a literal: `"500kb"`. A larger one is answered with 413. Default: `"1mb"`.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit); in a const that is a compile error.
    /// [`size_limit_bytes`](Self::size_limit_bytes) takes a parsed one.
    #[track_caller]
    pub const fn size_limit(self, limit: &str) -> Self {
        self.size_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the largest body that is read, as a [`SizeLimit`]; see [`size_limit`](Self::size_limit).
    pub const fn size_limit_bytes(self, limit: SizeLimit) -> Self {
        let on = match self.parser {
            Some(parser) => parser.on,
            None => true,
        };
        Self::from_parser(Parser { on, limit: Some(limit) })
    }

    const fn limit(&self) -> Option<SizeLimit> {
        match self.parser {
            Some(parser) => parser.limit,
            None => None,
        }
    }

    const fn from_parser(parser: Parser) -> Self {
        Self { parser: Some(parser) }
    }

    pub(crate) const fn from_config(parser: Option<Parser>) -> Self {
        Self { parser }
    }
}

impl Default for BodyParserLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for BodyParserLayer {
    type Service = BodyParser<S>;

    fn layer(&self, inner: S) -> BodyParser<S> {
        BodyParser::from_parser(inner, self.parser)
    }
}
