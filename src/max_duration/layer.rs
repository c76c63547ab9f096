use super::MaxDuration;
use std::time::Duration;
use tower_layer::Layer;

/// Applies [`MaxDuration`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MaxDurationLayer {
    /// None: as if the layer were not there.
    time: Option<Duration>,
    enabled: bool,
}

impl MaxDurationLayer {
    /// Creates a layer that ends responses that take longer than this.
    pub const fn new(time: Duration) -> Self {
        Self { time: Some(time), enabled: true }
    }

    /// Sets whether this layer has a deadline. Default: `true`.
    ///
    /// A layer that is not enabled does nothing: a deadline that is set further out, or nearer to the handler, still holds.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }

    pub(crate) const fn from_config(time: Option<Duration>) -> Self {
        Self { time, enabled: true }
    }
}

impl<S> Layer<S> for MaxDurationLayer {
    type Service = MaxDuration<S>;

    fn layer(&self, inner: S) -> MaxDuration<S> {
        MaxDuration::from_option(inner, self.time.filter(|_| self.enabled))
    }
}
