use super::ResponseLimit;
use crate::size::DEFAULT_RESPONSE_LIMIT;
use crate::size::ParseSizeError;
use crate::size::SizeLimit;
use tower_layer::Layer;

/// Applies [`ResponseLimit`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct ResponseLimitLayer {
    pub(super) setting: Setting,
    pub(super) enforce: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// As if the layer were not there.
    Unset,
    /// Handlers inside do not measure either.
    Off,
    On(SizeLimit),
}

impl ResponseLimitLayer {
    /// Warns from this size on: `"8mb"`, or a number of bytes.
    ///
    /// # Errors
    ///
    /// If the text is not a size.
    pub fn new<L>(limit: L) -> Result<Self, ParseSizeError>
    where
        L: TryInto<SizeLimit, Error: Into<ParseSizeError>>,
    {
        Ok(Self::from_setting(Setting::On(limit.try_into().map_err(Into::into)?)))
    }

    /// Does not measure, and handlers inside do not either.
    pub const fn disabled() -> Self {
        Self::from_setting(Setting::Off)
    }

    /// Keeps the limit instead of warning only: a body whose length is known or declared and exceeds it becomes a 500, any
    /// other breaks off. Default: off.
    pub const fn enforce(mut self) -> Self {
        self.enforce = true;
        self
    }

    const fn from_setting(setting: Setting) -> Self {
        Self { setting, enforce: false }
    }

    #[allow(clippy::option_option)] // as the configuration has it
    pub(crate) const fn from_config(limit: Option<Option<SizeLimit>>) -> Self {
        Self::from_setting(match limit {
            None => Setting::Unset,
            Some(None) => Setting::Off,
            Some(Some(limit)) => Setting::On(limit),
        })
    }
}

/// Warns from 4 MB on.
impl Default for ResponseLimitLayer {
    fn default() -> Self {
        Self::from_setting(Setting::On(DEFAULT_RESPONSE_LIMIT))
    }
}

impl<S> Layer<S> for ResponseLimitLayer {
    type Service = ResponseLimit<S>;

    fn layer(&self, inner: S) -> ResponseLimit<S> {
        ResponseLimit::from_layer(inner, *self)
    }
}
