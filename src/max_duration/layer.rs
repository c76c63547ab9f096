use super::MaxDuration;
use std::time::Duration;
use tower_layer::Layer;

/// Applies [`MaxDuration`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MaxDurationLayer {
    time: Duration,
    enabled: bool,
}

impl MaxDurationLayer {
    /// Creates a layer that ends responses that take longer than `time`.
    pub const fn new(time: Duration) -> Self {
        Self { time, enabled: true }
    }

    /// Sets whether the deadline applies. Default: `true`.
    ///
    /// A disabled layer does nothing: the deadlines of outer layers, of the router and of inner handlers still
    /// apply.
    pub const fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = enabled;
        self
    }
}

impl<S> Layer<S> for MaxDurationLayer {
    type Service = MaxDuration<S>;

    fn layer(&self, inner: S) -> MaxDuration<S> {
        MaxDuration::from_option(inner, self.enabled.then_some(self.time))
    }
}
