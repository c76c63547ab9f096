//! The rest of a request's body, after the service has dropped it.

#![cfg_attr(not(feature = "serve"), allow(dead_code))]

use super::{Body, BodyError, Kind};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Keeps what a service has not read of a request's body, for the connection to read.
///
/// A connection has one, since a request follows only when the body of the one before it has ended.
#[derive(Debug, Default)]
pub(crate) struct Rest(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The number of the body. One that a service keeps longer than its connection needs it says nothing about the
    /// next.
    number: u64,
    place: Place,
}

#[derive(Debug, Default)]
enum Place {
    /// There is no body, or it has been read to its end.
    #[default]
    Ended,
    /// The service has it.
    Owned(Option<Waker>),
    Dropped(Dropped),
}

/// A body that was dropped before its end.
#[derive(Debug)]
pub(crate) struct Dropped {
    pub(crate) body: Incoming,
    /// Whether it was polled. If it was not, a client that expects a `100 Continue` has not received it.
    pub(crate) was_polled: bool,
}

impl Rest {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the body if the service has dropped it before its end.
    pub(crate) fn take(&self) -> Option<Dropped> {
        let mut state = self.lock();
        match mem::take(&mut state.place) {
            Place::Dropped(dropped) => Some(dropped),
            other => {
                state.place = other;
                None
            }
        }
    }

    /// Puts a body back that is to be read.
    pub(crate) fn put_back(&self, dropped: Dropped) {
        self.lock().place = Place::Dropped(dropped);
    }

    /// Takes the body once the service has dropped it before its end, or returns `None` if there is none to wait for.
    pub(crate) fn poll_take(&self, cx: &Context<'_>) -> Poll<Option<Dropped>> {
        let mut state = self.lock();
        match mem::take(&mut state.place) {
            Place::Ended => Poll::Ready(None),
            Place::Dropped(dropped) => Poll::Ready(Some(dropped)),
            Place::Owned(waker) => {
                let waker = waker.filter(|waker| waker.will_wake(cx.waker()));
                state.place = Place::Owned(Some(waker.unwrap_or_else(|| cx.waker().clone())));
                Poll::Pending
            }
        }
    }

    /// Records where a body is from now on. Its connection is woken if it waits for that.
    fn set(&self, number: u64, place: Place) {
        let mut state = self.lock();
        if state.number != number {
            return;
        }
        let before = mem::replace(&mut state.place, place);
        drop(state);
        if let Place::Owned(Some(waker)) = before {
            waker.wake();
        }
    }
}

/// A body from hyper, and the place where it goes if it is dropped before its end.
pub(super) struct Received {
    /// `None` after it was dropped.
    body: Option<Incoming>,
    was_polled: bool,
    /// With the number of the body.
    rest: Option<(Arc<Rest>, u64)>,
}

impl Received {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body: Some(body), was_polled: false, rest: None }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.was_polled = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.end();
        }
        polled.map_err(|error| BodyError::new(error.into()))
    }

    /// Records that nothing is left to read.
    fn end(&mut self) {
        if let Some((rest, number)) = self.rest.take() {
            rest.set(number, Place::Ended);
        }
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        let Some((rest, number)) = self.rest.take() else { return };
        let place = match self.body.take().filter(|body| !body.is_end_stream()) {
            Some(body) => Place::Dropped(Dropped { body, was_polled: self.was_polled }),
            None => Place::Ended,
        };
        rest.set(number, place);
    }
}

impl Body {
    /// Creates the body of a request, whose rest is kept if it is dropped before its end.
    #[cfg_attr(not(feature = "serve"), allow(dead_code))]
    pub(crate) fn received(body: Incoming, rest: &Arc<Rest>) -> Self {
        if body.is_end_stream() {
            return Self::empty();
        }
        let number = {
            let mut state = rest.lock();
            *state = State { number: state.number + 1, place: Place::Owned(None) };
            state.number
        };
        let received =
            Received { body: Some(body), was_polled: false, rest: Some((Arc::clone(rest), number)) };
        Self(Kind::Incoming(received, false))
    }
}
