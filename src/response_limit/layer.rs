use super::ResponseLimit;
use crate::config::RouteConfig;
use crate::size::SizeLimit;
use tower_layer::Layer;

/// Applies [`ResponseLimit`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ResponseLimitLayer {
    pub(super) setting: Setting,
    pub(super) limit: Option<SizeLimit>,
    pub(super) enforce: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// As if the layer were not there.
    Unset,
    /// Handlers inside do not measure either.
    Off,
    /// Measures by the limit that is set further out, if that is not off.
    Inherited,
    On,
}

impl ResponseLimitLayer {
    /// Creates a layer that warns from 4 MB on, or from the limit that a layer or a router further out sets.
    pub const fn new() -> Self {
        Self { setting: Setting::On, limit: None, enforce: None }
    }

    /// Sets whether responses are measured. Default: `true`.
    ///
    /// With a layer that is not enabled there is no limit, for handlers inside neither, as with
    /// [`RouteConfig::no_response_limit`](crate::RouteConfig::no_response_limit).
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.setting = if enabled { Setting::On } else { Setting::Off };
        self
    }

    /// Sets the size of a response from which a warning is logged, as a literal: `"8mb"`. Default: `"4mb"`.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit); in a const that is a compile error.
    /// [`response_limit_bytes`](Self::response_limit_bytes) takes a parsed one.
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

    /// Sets whether a response larger than the limit is refused. Default: `false`, or what a layer or a router further out
    /// sets.
    ///
    /// A response whose length is known or declared becomes a 500; any other breaks off with a
    /// [`LimitExceeded`](super::LimitExceeded). A handler inside that has a limit of its own enforces that one.
    pub const fn enforce_response_limit(mut self, enforce: bool) -> Self {
        self.enforce = Some(enforce);
        self
    }

    pub(crate) const fn from_config(config: &RouteConfig) -> Self {
        let enforce = config.enforce_response_limit;
        let (setting, limit) = match (config.response_limit, enforce) {
            (None, Some(true)) => (Setting::Inherited, None),
            (None, _) => (Setting::Unset, None),
            (Some(None), _) => (Setting::Off, None),
            (Some(limit), _) => (Setting::On, limit),
        };
        Self { setting, limit, enforce }
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
        ResponseLimit::from_layer(inner, *self)
    }
}
