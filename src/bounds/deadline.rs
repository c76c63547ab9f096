use crate::error::Error;
use http::StatusCode;
use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::task::{Unconstrained, unconstrained};
use tokio::time::{Instant, Sleep, sleep_until};

/// A deadline.
///
/// Its timer is created when something has to wait, on the heap, so that it adds only a pointer to a future that is
/// ready at once. It is polled outside Tokio's cooperative budget: a handler that is always ready uses up the budget of
/// its task each time it is polled, and a timer without budget is never ready.
pub(crate) struct Deadline {
    at: Instant,
    timer: Option<Pin<Box<Unconstrained<Sleep>>>>,
}

impl Deadline {
    pub(crate) fn at(at: Instant) -> Self {
        Self { at, timer: None }
    }

    pub(crate) fn instant(&self) -> Instant {
        self.at
    }

    /// Polls until the deadline has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let timer = self.timer.get_or_insert_with(|| Box::pin(unconstrained(sleep_until(self.at))));
        timer.as_mut().poll(cx)
    }

    /// Returns whether the deadline has passed, without waking the task when it does.
    pub(crate) fn has_passed(&self) -> bool {
        Instant::now() >= self.at
    }
}

impl fmt::Debug for Deadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deadline").field("at", &self.at).finish_non_exhaustive()
    }
}

/// The error of a response that takes longer than its deadline.
///
/// A body ends with this error. Before the head is sent, it is the source of the 504.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the response took longer than its `max_duration`")
    }
}

impl std::error::Error for TimedOut {}

/// Returns the error for a deadline that passes before there is a response.
pub(crate) fn gateway_timeout() -> Error {
    Error::new(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout").caused_by(TimedOut)
}
