use super::MaxDuration;
use std::time::Duration;
use tower_layer::Layer;

/// Applies [`MaxDuration`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MaxDurationLayer {
    /// With `None` the layer does nothing.
    time: Option<Duration>,
    enabled: bool,
}

impl MaxDurationLayer {
    /// Creates a layer that ends responses that take longer than `time`.
    pub const fn new(time: Duration) -> Self {
        Self { time: Some(time), enabled: true }
    }

    /// Sets whether the deadline applies. Default: `true`.
    ///
    /// A disabled layer does nothing: the deadlines of outer layers, of the router and of inner handlers still
    /// apply.
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
