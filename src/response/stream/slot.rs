//! The slot in which a chunk waits for the connection.

use crate::response::Closed;
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
// `tests/interleavings` compiles this file with loom's locks.
#[cfg(loom)]
use loom::sync::Mutex;
#[cfg(not(loom))]
use std::sync::Mutex;
use std::sync::PoisonError;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A channel for one chunk between a writer and its body, with the wakers of both.
///
/// The two are usually in the same task, but a writer can be moved to another one.
#[derive(Default)]
pub(in crate::response) struct Slot(Mutex<State>);

#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // The flags are independent of each other.
struct State {
    chunk: Option<Bytes>,
    /// They are sent after the last chunk.
    trailers: Option<HeaderMap>,
    /// A chunk has been taken, so the head has been sent.
    started: bool,
    reader_gone: bool,
    /// A flag and not a reference count, which would race with a writer that is dropped on another thread.
    writer_gone: bool,
    /// The body is polling its future and looks here again afterwards, so that it needs no wake-up.
    polling: bool,
    reader: Option<Waker>,
    /// The waker, and whether the writer waits inside the body's own future.
    writer: Option<(Waker, bool)>,
    keep_alive: Duration,
    /// How long chunks are taken after the server has begun to stop, and whether the stream then ends as a whole.
    close_after: Option<(Duration, bool)>,
    /// That time has passed.
    closed: bool,
}

/// The writer's methods.
impl Slot {
    /// Puts the chunk into the slot, then waits until it is taken.
    pub(super) fn poll_put(&self, chunk: &mut Option<Bytes>, cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        self.with(|state, after| {
            state.writable()?;
            if state.chunk.is_none() {
                match chunk.take() {
                    Some(chunk) => state.fill(chunk, after),
                    None => return Poll::Ready(Ok(())),
                }
            }
            state.park_writer(cx, after);
            Poll::Pending
        })
    }

    /// Puts a copy of the bytes into the slot once it is empty, and does not wait until the copy is taken.
    pub(super) fn poll_copy(&self, data: &[u8], cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        self.with(|state, after| {
            state.writable()?;
            if state.chunk.is_some() {
                state.park_writer(cx, after);
                return Poll::Pending;
            }
            state.fill(Bytes::copy_from_slice(data), after);
            Poll::Ready(Ok(()))
        })
    }

    /// Waits until the slot is empty and, if `head` is true, the head has been sent.
    pub(super) fn poll_flush(&self, head: bool, cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        self.with(|state, after| {
            state.writable()?;
            if state.chunk.is_none() {
                if state.started || !head {
                    return Poll::Ready(Ok(()));
                }
                state.fill(Bytes::new(), after);
            }
            state.park_writer(cx, after);
            Poll::Pending
        })
    }

    pub(super) fn set_trailers(&self, trailers: HeaderMap) {
        self.with(|state, _| state.trailers = Some(trailers));
    }

    pub(super) fn is_closed(&self) -> bool {
        self.with(|state, _| state.writable().is_err())
    }

    /// Records that the writer was dropped.
    pub(super) fn finish(&self) {
        self.with(|state, after| {
            state.writer_gone = true;
            state.wake_reader(after);
        });
    }
}

/// The body's methods.
impl Slot {
    /// Takes a waiting chunk, before the body polls its future.
    pub(super) fn take(&self, cx: &Context<'_>) -> Option<Bytes> {
        self.with(|state, after| {
            let chunk = state.take(cx, after);
            state.polling = chunk.is_none();
            chunk
        })
    }

    /// Takes a waiting chunk after the body has polled its future, or waits for one unless the stream has ended.
    pub(super) fn poll_take(&self, done: bool, cx: &Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        self.with(|state, after| {
            state.polling = false;
            if let Some(chunk) = state.take(cx, after) {
                return Poll::Ready(Some(Frame::data(chunk)));
            }
            // The writer may live in another task longer than the future.
            let ends = state.closed && matches!(state.close_after, Some((_, true)));
            if done && (state.writer_gone || ends) {
                return Poll::Ready(state.trailers.take().map(Frame::trailers));
            }
            state.park_reader(cx, after);
            Poll::Pending
        })
    }

    /// Records that the body was dropped or cut off, and returns whether the head had been sent.
    pub(super) fn close(&self) -> bool {
        let (started, _dropped) = self.with(|state, after| {
            state.reader_gone = true;
            state.polling = false;
            state.wake_writer(after);
            (state.started, state.chunk.take())
        });
        started
    }
}

/// Methods for the end of a stream whose server stops.
impl Slot {
    pub(in crate::response) fn set_close_after(&self, time: Duration, ends: bool) {
        self.with(|state, after| {
            state.close_after = Some((time, ends));
            state.wake_reader(after);
        });
    }

    pub(super) fn close_after(&self) -> Option<Duration> {
        self.with(|state, _| state.close_after.map(|(time, _)| time))
    }

    /// Takes no more chunks, and returns whether the stream ends as a whole. A chunk that waits is still sent.
    pub(super) fn refuse(&self) -> bool {
        self.with(|state, after| {
            state.closed = true;
            state.wake_writer(after);
            matches!(state.close_after, Some((_, true)))
        })
    }
}

/// Methods for the comments that keep an event stream alive.
impl Slot {
    pub(in crate::response) fn set_keep_alive(&self, interval: Duration) {
        self.with(|state, after| {
            state.keep_alive = interval;
            state.wake_reader(after);
        });
    }

    /// Returns the interval, if one is set, and whether a chunk is waiting.
    pub(in crate::response) fn keep_alive(&self) -> Option<(Duration, bool)> {
        self.with(|state, _| (!state.keep_alive.is_zero()).then(|| (state.keep_alive, state.chunk.is_some())))
    }

    /// Puts a chunk into the slot if it is empty. Nothing waits for it to be taken.
    pub(in crate::response) fn offer(&self, chunk: Bytes) {
        self.with(|state, after| {
            if state.chunk.is_none() && !state.reader_gone {
                state.fill(chunk, after);
            }
        });
    }
}

impl Slot {
    /// Runs a function under the lock, and what it leaves for afterwards.
    fn with<R>(&self, f: impl FnOnce(&mut State, &mut After) -> R) -> R {
        // Dropped after the lock is released.
        let mut after = After::default();
        // No user code runs under the lock, so the state behind a poisoned lock is consistent.
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f(&mut state, &mut after)
    }
}

impl State {
    fn writable(&self) -> Result<(), Closed> {
        if self.reader_gone || self.closed { Err(Closed) } else { Ok(()) }
    }

    fn fill(&mut self, chunk: Bytes, after: &mut After) {
        self.chunk = Some(chunk);
        self.wake_reader(after);
    }

    fn take(&mut self, cx: &Context<'_>, after: &mut After) -> Option<Bytes> {
        let chunk = self.chunk.take()?;
        self.started = true;
        // A writer inside the future runs when the next frame is polled; waking it would poll the task once more.
        let inside = matches!(&self.writer, Some((waker, true)) if waker.will_wake(cx.waker()));
        if !inside {
            self.wake_writer(after);
        }
        Some(chunk)
    }

    fn wake_reader(&mut self, after: &mut After) {
        if !self.polling {
            after.wake = self.reader.take();
        }
    }

    fn wake_writer(&mut self, after: &mut After) {
        after.wake = self.writer.take().map(|(waker, _)| waker);
    }

    fn park_writer(&mut self, cx: &Context<'_>, after: &mut After) {
        let inside = self.polling;
        match &mut self.writer {
            Some((waker, is_inside)) if waker.will_wake(cx.waker()) => *is_inside = inside,
            writer => {
                let replaced = writer.replace((cx.waker().clone(), inside));
                after.replaced = replaced.map(|(waker, _)| waker);
            }
        }
    }

    fn park_reader(&mut self, cx: &Context<'_>, after: &mut After) {
        if !self.reader.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            after.replaced = self.reader.replace(cx.waker().clone());
        }
    }
}

/// What happens after the lock is released: wakers run foreign code when they are woken or dropped, which may use this slot
/// again.
#[derive(Default)]
struct After {
    wake: Option<Waker>,
    replaced: Option<Waker>,
}

impl Drop for After {
    fn drop(&mut self) {
        if let Some(waker) = self.wake.take() {
            waker.wake();
        }
    }
}
