use super::BodyParser;
use crate::config::Parser;
use crate::size::ParseSizeError;
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
    /// Reads bodies up to 1 MB, or up to the limit that a layer or a router further out has named.
    pub const fn new() -> Self {
        Self { parser: Some(Parser::On(None)) }
    }

    /// Leaves bodies alone, and handlers inside do too: their built-in parser stays off, and their `ParsedBody` is
    /// `Undefined`.
    pub const fn disabled() -> Self {
        Self { parser: Some(Parser::Off) }
    }

    /// The largest body that is read: `"500kb"`, or a number of bytes; beyond it the answer is 413. Default: `"1mb"`.
    ///
    /// # Errors
    ///
    /// If the text is not a size.
    pub fn size_limit<L>(self, limit: L) -> Result<Self, ParseSizeError>
    where
        L: TryInto<SizeLimit, Error: Into<ParseSizeError>>,
    {
        let limit = limit.try_into().map_err(Into::into)?;
        Ok(Self { parser: Some(Parser::On(Some(limit))) })
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
