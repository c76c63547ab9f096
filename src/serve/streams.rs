//! The streams of an HTTP/2 connection, each of which is a task.

use super::clock::{Clock, Limit};
use crate::log;
use crate::shutdown::Watcher;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The streams of a connection. hyper's executor: it spawns the tasks.
#[derive(Clone)]
pub(super) struct Streams(Arc<Shared>);

struct Shared {
    watcher: Watcher,
    clock: Arc<Clock>,
    /// The number of tasks.
    alive: AtomicUsize,
    /// The stream whose request the service has just received, for the task that hyper spawns next.
    next: Mutex<Option<Arc<Stream>>>,
    /// Streams that have waited.
    waiting: Mutex<Vec<Arc<Stream>>>,
}

/// What a stream waits for.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The body has handed out a frame, and was not asked for the next one.
    has_frame: AtomicBool,
    /// Since when the client takes nothing, in milliseconds on the connection's clock, or 0.
    blocked: AtomicU64,
    /// The task is to end.
    is_cut: AtomicBool,
    has_ended: AtomicBool,
    /// Set when the task first waits.
    waker: Mutex<Option<Waker>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Streams {
    pub(super) fn new(watcher: Watcher, clock: Arc<Clock>) -> Self {
        let (next, waiting) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Shared { watcher, clock, alive: AtomicUsize::new(0), next, waiting }))
    }

    /// Begins a stream: hyper spawns its task when the service has returned its future.
    pub(super) fn begin(&self) -> Arc<Stream> {
        let stream = Arc::<Stream>::default();
        *lock(&self.0.next) = Some(Arc::clone(&stream));
        stream
    }

    /// Sets when the streams are looked at, unless it is set or there are none.
    pub(super) fn set_limit(&self, send_timeout: Duration) {
        if self.0.alive.load(Ordering::Relaxed) != 0 && !self.0.clock.is_set(Limit::Streams) {
            self.0.clock.set(Limit::Streams, send_timeout);
        }
    }

    /// Ends the streams of which the client has taken nothing for this time.
    pub(super) fn cut(&self, send_timeout: Duration) {
        let time = u64::try_from(send_timeout.as_millis()).unwrap_or(u64::MAX);
        let now = self.0.clock.now();
        let mut next = now.saturating_add(time);
        for stream in lock(&self.0.waiting).iter().filter(|stream| !stream.has_ended()) {
            match stream.blocked.load(Ordering::Relaxed) {
                0 => {}
                since if since.saturating_add(time) <= now => {
                    log::nothing_taken();
                    stream.is_cut.store(true, Ordering::Relaxed);
                    stream.wake();
                }
                since => next = next.min(since.saturating_add(time)),
            }
        }
        if self.0.alive.load(Ordering::Relaxed) != 0 {
            self.0.clock.set_end(Limit::Streams, next.saturating_add(1));
        }
    }

    /// Wakes every stream that waits.
    pub(super) fn wake(&self) {
        lock(&self.0.waiting).iter().for_each(|stream| stream.wake());
    }

    /// Remembers a stream that waits.
    fn add(&self, stream: &Arc<Stream>) {
        let mut waiting = lock(&self.0.waiting);
        if waiting.len() == waiting.capacity() {
            waiting.retain(|stream| !stream.has_ended());
            // At least half of it is free, so that this is rare.
            let free = waiting.len().max(8);
            waiting.reserve(free);
        }
        waiting.push(Arc::clone(stream));
    }
}

impl Stream {
    /// Records that the body is asked for a frame: the client takes the last one.
    pub(super) fn is_asked(&self) {
        self.has_frame.store(false, Ordering::Relaxed);
        self.blocked.store(0, Ordering::Relaxed);
    }

    /// Records that the body hands out a frame.
    pub(super) fn hands_out(&self) {
        self.has_frame.store(true, Ordering::Relaxed);
    }

    fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        if let Some(waker) = &*lock(&self.waker) {
            waker.wake_by_ref();
        }
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, future: F) {
        let watcher = self.0.watcher.clone();
        match mem::take(&mut *lock(&self.0.next)) {
            Some(stream) => {
                self.0.alive.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(watcher.scope(Task { future, end: End { streams: self.clone(), stream } }));
            }
            // The data of an upgraded stream.
            None => _ = tokio::spawn(watcher.scope(future)),
        }
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").field("alive", &self.0.alive).finish_non_exhaustive()
    }
}

pin_project! {
    /// The task of a stream. Its end resets the stream, unless the response is complete.
    struct Task<F> {
        #[pin]
        future: F,
        end: End,
    }
}

struct End {
    streams: Streams,
    stream: Arc<Stream>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.stream.has_ended.store(true, Ordering::Relaxed);
        self.streams.0.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<F: Future<Output = ()>> Future for Task<F> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        let End { streams, stream } = this.end;
        if stream.is_cut.load(Ordering::Relaxed) || this.future.poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if stream.has_frame.load(Ordering::Relaxed) && stream.blocked.load(Ordering::Relaxed) == 0 {
            stream.blocked.store(streams.0.clock.now().max(1), Ordering::Relaxed);
        }
        let mut waker = lock(&stream.waker);
        if waker.is_none() {
            *waker = Some(cx.waker().clone());
            drop(waker);
            streams.add(stream);
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shutdown::GracefulShutdown;
    use hyper::rt::Executor as _;
    use tokio::task::yield_now;

    #[tokio::test]
    async fn ended_streams_are_forgotten() {
        let (_shutdown, watcher) = GracefulShutdown::new();
        let streams = Streams::new(watcher, Arc::new(Clock::new()));
        for _ in 0..1000 {
            let stream = streams.begin();
            // It waits once.
            streams.execute(yield_now());
            while streams.0.alive.load(Ordering::Relaxed) != 0 {
                yield_now().await;
            }
            assert!(stream.waker.lock().unwrap().is_some());
        }
        let waiting = lock(&streams.0.waiting).len();
        assert!((1..=8).contains(&waiting), "{waiting} are kept");
    }
}
