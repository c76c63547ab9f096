use super::BodyParser;
use crate::config::Rules;
use crate::size::SizeLimit;
use tower_layer::Layer;

/// Applies [`BodyParser`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct BodyParserLayer {
    rules: Rules,
}

impl BodyParserLayer {
    /// Creates a layer that reads bodies of up to 1 MB, or up to the limit that an outer layer or router sets.
    pub const fn new() -> Self {
        Self { rules: Rules { body_parser: Some(true), ..Rules::UNSET } }
    }

    /// Sets whether bodies are read and parsed. Default: `true`.
    ///
    /// A disabled layer does not read bodies. It also turns off the built-in parser of inner handlers, as
    /// [`RouteConfig::body_parser(false)`](crate::RouteConfig::body_parser) does: their `ParsedBody` is
    /// `Undefined`. The [`size_limit`](Self::size_limit) still applies to an inner handler that takes a `RawBody`.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.rules.body_parser = Some(enabled);
        self
    }

    /// Sets the largest body that is read, as a literal such as `"500kb"`; see
    /// [`RouteConfig::size_limit`](crate::RouteConfig::size_limit). Default: `"1mb"`.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit).
    #[track_caller]
    pub const fn size_limit(self, limit: &str) -> Self {
        self.size_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the largest body that is read, as a [`SizeLimit`]; see [`size_limit`](Self::size_limit).
    pub const fn size_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.rules.size_limit = Some(limit);
        self
    }

    /// Sets the largest body that a handler, or the inner service of a disabled layer, streams, as a literal such as `"1gb"`;
    /// see [`RouteConfig::stream_limit`](crate::RouteConfig::stream_limit). Default: no limit.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit).
    #[track_caller]
    pub const fn stream_limit(self, limit: &str) -> Self {
        self.stream_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the largest body that is streamed, as a [`SizeLimit`]; see [`stream_limit`](Self::stream_limit).
    pub const fn stream_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.rules.stream_limit = Some(limit);
        self
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
        BodyParser { inner, rules: self.rules }
    }
}
