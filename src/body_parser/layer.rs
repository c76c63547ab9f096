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

    /// Sets the size limit of a body, as text such as `"500kb"`. Default: `"1mb"`.
    ///
    /// A larger body is rejected with 413 `Body exceeded 500kb limit`.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_api_routes::BodyParserLayer;
    ///
    /// const UPLOADS: BodyParserLayer = BodyParserLayer::new().size_limit("10mb");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit); in a const this is a compile error.
    /// [`size_limit_bytes`](Self::size_limit_bytes) takes a parsed size and does not panic.
    #[track_caller]
    pub const fn size_limit(self, limit: &str) -> Self {
        self.size_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the size limit of a body, as a [`SizeLimit`]; see [`size_limit`](Self::size_limit).
    pub const fn size_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.rules.size_limit = Some(limit);
        self
    }

    /// Sets the largest body that is streamed, as text such as `"1gb"`. Default: no limit.
    ///
    /// It counts what the inner service of a disabled layer reads, and an inner handler that takes an
    /// [`ApiRequest<Body>`](crate::ApiRequest). A body that declares a larger length is a 413 before a byte of it is read;
    /// any other is cut off at the limit, and the response is a 413.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_api_routes::BodyParserLayer;
    ///
    /// const UPLOADS: BodyParserLayer = BodyParserLayer::new().enabled(false).stream_limit("1gb");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit); in a const this is a compile error.
    /// [`stream_limit_bytes`](Self::stream_limit_bytes) takes a parsed size and does not panic.
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
