use super::Slot;
use bytes::Bytes;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep_until};

pin_project_lite::pin_project! {
    /// Runs a handler's future, and sends a comment if nothing else was sent for an interval.
    pub(super) struct KeepAlive<Fut> {
        #[pin]
        future: Fut,
        // `None` while no comment is due.
        #[pin]
        sleep: Option<Sleep>,
        interval: Duration,
        slot: Arc<Slot>,
    }
}

impl<Fut> KeepAlive<Fut> {
    pub(super) fn new(future: Fut, slot: Arc<Slot>) -> Self {
        Self { future, sleep: None, interval: Duration::ZERO, slot }
    }
}

impl<Fut: Future> Future for KeepAlive<Fut> {
    type Output = Fut::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Fut::Output> {
        let mut this = self.project();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(output);
        }
        let Some((interval, waiting)) = this.slot.keep_alive() else {
            this.sleep.set(None);
            return Poll::Pending;
        };
        // The interval starts when the connection has taken the last chunk. It then polls again.
        if waiting {
            this.sleep.set(None);
            return Poll::Pending;
        }
        if this.sleep.is_none() || *this.interval != interval {
            *this.interval = interval;
            this.sleep.set(Instant::now().checked_add(interval).map(sleep_until));
        }
        if this.sleep.as_mut().as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready()) {
            this.slot.offer(Bytes::from_static(b":\n\n"));
            this.sleep.set(None);
        }
        Poll::Pending
    }
}
