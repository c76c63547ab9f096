//! Where a chunk waits for the connection.

use crate::response::Closed;
use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
// `tests/interleavings` compiles this file with loom's locks.
#[cfg(loom)]
use loom::sync::{Mutex, MutexGuard};
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
#[cfg(not(loom))]
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// One chunk between a writer and the body that it writes, with the wakers of both.
///
/// The two are mostly in one task, but a writer may be sent to another.
#[derive(Default)]
pub(in crate::response) struct Slot(Mutex<State>);

#[derive(Default)]
#[allow(clippy::struct_excessive_bools)] // Each is a fact of its own, in any combination.
struct State {
    chunk: Option<Bytes>,
    /// They go out after the last chunk.
    trailers: Option<HeaderMap>,
    /// A chunk has been taken: the head is out.
    started: bool,
    reader_gone: bool,
    /// A flag instead of a count of references: a count would race with a writer that is dropped on another thread.
    writer_gone: bool,
    /// The body polls its future now, and looks here again after it: nobody needs to wake it.
    polling: bool,
    reader: Option<Waker>,
    /// And whether the writer waits inside the body's own future.
    writer: Option<(Waker, bool)>,
    keep_alive: Duration,
}

/// What the writer does.
impl Slot {
    /// First puts the chunk in, then waits until it is taken.
    pub(super) fn poll_put(&self, chunk: &mut Option<Bytes>, cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        let mut state = self.writable()?;
        if state.chunk.is_none() {
            match chunk.take() {
                Some(chunk) => state.fill(chunk),
                None => return Poll::Ready(Ok(())),
            }
        }
        state.park_writer(cx);
        Poll::Pending
    }

    /// Puts in a copy of the bytes as soon as there is room, and does not wait until it is taken.
    pub(super) fn poll_copy(&self, data: &[u8], cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        let mut state = self.writable()?;
        if state.chunk.is_some() {
            state.park_writer(cx);
            return Poll::Pending;
        }
        state.fill(Bytes::copy_from_slice(data));
        Poll::Ready(Ok(()))
    }

    /// Waits until the slot is empty, and the head is out if it shall be.
    pub(super) fn poll_flush(&self, head: bool, cx: &Context<'_>) -> Poll<Result<(), Closed>> {
        let mut state = self.writable()?;
        if state.chunk.is_none() {
            if state.started || !head {
                return Poll::Ready(Ok(()));
            }
            state.fill(Bytes::new());
        }
        state.park_writer(cx);
        Poll::Pending
    }

    pub(super) fn set_trailers(&self, trailers: HeaderMap) {
        self.lock().trailers = Some(trailers);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.lock().reader_gone
    }

    /// The writer has gone.
    pub(super) fn finish(&self) {
        let mut state = self.lock();
        state.writer_gone = true;
        state.wake_reader();
    }

    fn writable(&self) -> Result<Locked<'_>, Closed> {
        let state = self.lock();
        if state.reader_gone { Err(Closed) } else { Ok(state) }
    }
}

/// What the body does.
impl Slot {
    /// Before its future is polled: takes what is there already.
    pub(super) fn take(&self, cx: &Context<'_>) -> Option<Bytes> {
        let mut state = self.lock();
        let chunk = state.take(cx);
        state.polling = chunk.is_none();
        chunk
    }

    /// After its future was polled: takes what is there now, or waits, unless nothing can come any more.
    pub(super) fn poll_take(&self, done: bool, cx: &Context<'_>) -> Poll<Option<Frame<Bytes>>> {
        let mut state = self.lock();
        state.polling = false;
        if let Some(chunk) = state.take(cx) {
            return Poll::Ready(Some(Frame::data(chunk)));
        }
        // The writer may have gone to another task, and outlive the future.
        if done && state.writer_gone {
            return Poll::Ready(state.trailers.take().map(Frame::trailers));
        }
        state.park_reader(cx);
        Poll::Pending
    }

    /// The body has gone, or has broken off; says whether the head was out.
    pub(super) fn close(&self) -> bool {
        let mut state = self.lock();
        state.reader_gone = true;
        state.polling = false;
        state.dropped = state.chunk.take();
        state.wake.0 = state.writer.take().map(|(waker, _)| waker);
        state.started
    }
}

/// Comments that keep a stream of events alive.
impl Slot {
    pub(in crate::response) fn set_keep_alive(&self, interval: Duration) {
        let mut state = self.lock();
        state.keep_alive = interval;
        state.wake_reader();
    }

    /// The interval, if there is one, and whether a chunk waits.
    pub(in crate::response) fn keep_alive(&self) -> Option<(Duration, bool)> {
        let state = self.lock();
        (!state.keep_alive.is_zero()).then(|| (state.keep_alive, state.chunk.is_some()))
    }

    /// Puts a chunk in where there is room, for nobody who waits.
    pub(in crate::response) fn offer(&self, chunk: Bytes) {
        let mut state = self.lock();
        if state.chunk.is_none() && !state.reader_gone {
            state.fill(chunk);
        }
    }
}

impl Slot {
    fn lock(&self) -> Locked<'_> {
        // No code of a user's runs under the lock, so a poisoned one is whole.
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Locked { state, wake: Wake(None), replaced: None, dropped: None }
    }
}

/// Fields are dropped in this order: wakers are woken and dropped, and a chunk dropped, after the lock is free. What they
/// run is not ours, and may come back here.
struct Locked<'a> {
    state: MutexGuard<'a, State>,
    wake: Wake,
    replaced: Option<Waker>,
    dropped: Option<Bytes>,
}

impl Locked<'_> {
    fn fill(&mut self, chunk: Bytes) {
        self.chunk = Some(chunk);
        self.wake_reader();
    }

    fn take(&mut self, cx: &Context<'_>) -> Option<Bytes> {
        let chunk = self.chunk.take()?;
        self.started = true;
        // A writer inside the future runs when the next frame is asked for: waking it would poll the task once more.
        let inside = matches!(&self.writer, Some((waker, true)) if waker.will_wake(cx.waker()));
        if !inside {
            self.wake.0 = self.writer.take().map(|(waker, _)| waker);
        }
        Some(chunk)
    }

    fn wake_reader(&mut self) {
        if !self.polling {
            self.wake.0 = self.reader.take();
        }
    }

    fn park_writer(&mut self, cx: &Context<'_>) {
        let inside = self.polling;
        match &mut self.writer {
            Some((waker, place)) if waker.will_wake(cx.waker()) => *place = inside,
            writer => {
                let replaced = writer.replace((cx.waker().clone(), inside));
                self.replaced = replaced.map(|(waker, _)| waker);
            }
        }
    }

    fn park_reader(&mut self, cx: &Context<'_>) {
        if !self.reader.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.replaced = self.reader.replace(cx.waker().clone());
        }
    }
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

struct Wake(Option<Waker>);

impl Drop for Wake {
    fn drop(&mut self) {
        if let Some(waker) = self.0.take() {
            waker.wake();
        }
    }
}
