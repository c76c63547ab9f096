//! The time limits of a connection, which share one of Tokio's timers.

use hyper::rt::{Sleep, Timer};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// A time limit of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// hyper's own: the head of an HTTP/1 request, the pings of HTTP/2.
    Hyper,
    /// Bytes wait, and the client takes none.
    Send,
    /// The rest of a body that the service has dropped.
    Rest,
    /// The next look at the streams of an HTTP/2 connection.
    Streams,
}

const LIMITS: [Limit; 4] = [Limit::Hyper, Limit::Send, Limit::Rest, Limit::Streams];

/// When each limit of a connection ends, in milliseconds after its start. A limit that is not set is 0.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    ends: [AtomicU64; LIMITS.len()],
    /// hyper's limit has ended, and hyper has not been polled since.
    hyper_is_due: AtomicBool,
    /// Bytes wait, and the client takes none.
    is_blocked: AtomicBool,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self {
            start: Instant::now(),
            ends: Default::default(),
            hyper_is_due: AtomicBool::new(false),
            is_blocked: AtomicBool::new(false),
        }
    }

    /// Returns the milliseconds since the start.
    pub(super) fn now(&self) -> u64 {
        millis(self.start.elapsed())
    }

    fn end(&self, limit: Limit) -> u64 {
        self.ends[limit as usize].load(Ordering::Relaxed)
    }

    pub(super) fn is_set(&self, limit: Limit) -> bool {
        self.end(limit) != 0
    }

    /// Sets when a limit ends.
    pub(super) fn set_end(&self, limit: Limit, end: u64) {
        self.ends[limit as usize].store(end.max(1), Ordering::Relaxed);
    }

    /// Lets a limit end after this time.
    pub(super) fn set(&self, limit: Limit, time: Duration) {
        self.set_end(limit, self.now().saturating_add(millis(time)).saturating_add(1));
    }

    pub(super) fn clear(&self, limit: Limit) {
        self.ends[limit as usize].store(0, Ordering::Relaxed);
    }

    /// Records whether bytes wait that the client does not take, and sets the limit for that.
    pub(super) fn set_blocked(&self, is_blocked: bool, limit: Option<Duration>) {
        self.is_blocked.store(is_blocked, Ordering::Relaxed);
        match limit {
            Some(time) if is_blocked => self.set(Limit::Send, time),
            _ => self.clear(Limit::Send),
        }
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.is_blocked.load(Ordering::Relaxed)
    }

    /// Returns when the first limit ends, or `u64::MAX`.
    fn first(&self) -> u64 {
        // A limit that is not set is the last.
        let ends = LIMITS.map(|limit| self.end(limit).wrapping_sub(1));
        ends[0].min(ends[1]).min(ends[2]).min(ends[3]).saturating_add(1)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The one timer, which is set again only after it has fired or for a limit that ends earlier.
pub(super) struct Alarm<'a> {
    sleep: Pin<&'a mut tokio::time::Sleep>,
    /// What it is set for, or 0.
    set_for: u64,
}

impl<'a> Alarm<'a> {
    pub(super) fn new(sleep: Pin<&'a mut tokio::time::Sleep>) -> Self {
        Self { sleep, set_for: 0 }
    }

    /// Returns a limit that has ended, and clears it, or waits for the next one.
    pub(super) fn poll(&mut self, clock: &Clock, cx: &mut Context<'_>) -> Poll<Limit> {
        loop {
            let end = clock.first();
            if end == u64::MAX || (self.set_for <= end && self.set_for != 0 && !self.sleep.is_elapsed()) {
                return Poll::Pending;
            }
            if clock.now() >= end {
                let limit = LIMITS.into_iter().find(|limit| clock.end(*limit) == end);
                let Some(limit) = limit else { continue };
                clock.clear(limit);
                if limit == Limit::Hyper {
                    clock.hyper_is_due.store(true, Ordering::Relaxed);
                }
                return Poll::Ready(limit);
            }
            self.sleep.as_mut().reset(clock.start + Duration::from_millis(end));
            self.set_for = end;
            if self.sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// hyper's timer on a connection's clock. hyper keeps one sleep at a time, and is polled when it ends.
#[derive(Clone, Debug)]
pub(super) struct HyperTimer(pub(super) Arc<Clock>);

impl HyperTimer {
    fn set(&self, deadline: std::time::Instant) {
        let clock = &self.0;
        clock.hyper_is_due.store(false, Ordering::Relaxed);
        let after = deadline.saturating_duration_since(clock.start.into_std());
        clock.set_end(Limit::Hyper, millis(after).saturating_add(1));
    }
}

impl Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: std::time::Instant) -> Pin<Box<dyn Sleep>> {
        self.set(deadline);
        Box::pin(HyperSleep(Arc::clone(&self.0)))
    }

    fn now(&self) -> std::time::Instant {
        Instant::now().into_std()
    }

    fn reset(&self, _: &mut Pin<Box<dyn Sleep>>, deadline: std::time::Instant) {
        self.set(deadline);
    }
}

struct HyperSleep(Arc<Clock>);

impl Future for HyperSleep {
    type Output = ();

    /// No waker is kept: the alarm polls the whole connection.
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0.hyper_is_due.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Sleep for HyperSleep {}

impl Drop for HyperSleep {
    fn drop(&mut self) {
        self.0.clear(Limit::Hyper);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::future::poll_fn;
    use std::pin::pin;
    use tokio::time::{advance, sleep};

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn limits_expire_one_by_one_in_order() {
        let (clock, begin) = (Clock::new(), Instant::now());
        let mut sleep = pin!(sleep(Duration::ZERO));
        let mut alarm = Alarm::new(sleep.as_mut());
        clock.set(Limit::Send, 30 * SECOND);
        assert!(poll_fn(|cx| Poll::Ready(alarm.poll(&clock, cx))).await.is_pending());
        clock.set(Limit::Rest, 10 * SECOND);
        clock.set(Limit::Streams, 20 * SECOND);
        clock.clear(Limit::Streams);
        for (limit, seconds) in [(Limit::Rest, 10), (Limit::Send, 30)] {
            assert_eq!(poll_fn(|cx| alarm.poll(&clock, cx)).await, limit);
            assert_eq!((begin.elapsed().as_secs(), clock.is_set(limit)), (seconds, false));
        }
        assert!(poll_fn(|cx| Poll::Ready(alarm.poll(&clock, cx))).await.is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn hyper_sleep_resets_and_ends() {
        let clock = Arc::new(Clock::new());
        let timer = HyperTimer(clock.clone());
        let mut sleep = pin!(sleep(Duration::ZERO));
        let mut alarm = Alarm::new(sleep.as_mut());
        let mut hypers = timer.sleep(SECOND);
        timer.reset(&mut hypers, timer.now() + 3 * SECOND);
        advance(2 * SECOND).await;
        assert!(poll!(hypers.as_mut()).is_pending());
        assert_eq!(poll_fn(|cx| alarm.poll(&clock, cx)).await, Limit::Hyper);
        assert!(poll!(hypers.as_mut()).is_ready());
        timer.reset(&mut hypers, timer.now() + SECOND);
        assert!(poll!(hypers.as_mut()).is_pending() && clock.is_set(Limit::Hyper));
        drop(hypers);
        assert!(!clock.is_set(Limit::Hyper));
    }
}
