use super::MaxDuration;
use std::time::Duration;
use tower_layer::Layer;

/// Applies [`MaxDuration`]; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct MaxDurationLayer {
    time: Option<Duration>,
}

impl MaxDurationLayer {
    /// Ends answers that take longer than this.
    pub const fn new(time: Duration) -> Self {
        Self { time: Some(time) }
    }

    pub(crate) const fn from_config(time: Option<Duration>) -> Self {
        Self { time }
    }
}

impl<S> Layer<S> for MaxDurationLayer {
    type Service = MaxDuration<S>;

    fn layer(&self, inner: S) -> MaxDuration<S> {
        MaxDuration::from_option(inner, self.time)
    }
}
