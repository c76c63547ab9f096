use super::ResponseLimit;
use crate::config::Rules;
use crate::size::SizeLimit;
use tower_layer::Layer;

/// Applies [`ResponseLimit`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ResponseLimitLayer {
    limit: Option<SizeLimit>,
    enforce: Option<bool>,
    enabled: bool,
}

impl ResponseLimitLayer {
    /// Creates a layer that logs a warning for responses of 4 MB or more, or of the limit that another place sets: an inner
    /// handler, layer or router, otherwise an outer one.
    pub const fn new() -> Self {
        Self { limit: None, enforce: None, enabled: true }
    }

    /// Sets whether responses are measured. Default: `true`.
    ///
    /// A disabled layer measures nothing. It also turns off the limit of inner handlers, as
    /// [`RouteConfig::no_response_limit`](crate::RouteConfig::no_response_limit) does.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    /// Sets the size of a response from which a warning is logged, as a literal such as `"8mb"`; see
    /// [`RouteConfig::response_limit`](crate::RouteConfig::response_limit). Default: `"4mb"`.
    ///
    /// It applies whatever limits stand inside, and is the default of inner handlers.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit).
    #[track_caller]
    pub const fn response_limit(self, limit: &str) -> Self {
        self.response_limit_bytes(SizeLimit::new(limit))
    }

    /// Sets the size of a response from which a warning is logged, as a [`SizeLimit`]; see
    /// [`response_limit`](Self::response_limit).
    pub const fn response_limit_bytes(mut self, limit: SizeLimit) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets whether a larger response is rejected; see
    /// [`RouteConfig::enforce_response_limit`](crate::RouteConfig::enforce_response_limit). Default: what an outer layer or
    /// router sets, otherwise `false`.
    ///
    /// Inner handlers and layers enforce their own limits, too, unless they say otherwise.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_api_routes::ResponseLimitLayer;
    ///
    /// let layer = ResponseLimitLayer::new().response_limit("8mb").enforce_response_limit(true);
    /// ```
    pub const fn enforce_response_limit(mut self, enforce: bool) -> Self {
        self.enforce = Some(enforce);
        self
    }
}

impl Default for ResponseLimitLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S> Layer<S> for ResponseLimitLayer {
    type Service = ResponseLimit<S>;

    fn layer(&self, inner: S) -> ResponseLimit<S> {
        let Self { limit, enforce, enabled } = *self;
        let response_limit = if enabled { limit.map(Some) } else { Some(None) };
        let rules = Rules { response_limit, enforce_response_limit: enforce, ..Rules::UNSET };
        ResponseLimit::from_rules(inner, rules)
    }
}
