//! The body of a request that its connection takes back when the service drops it before its end.

#![cfg_attr(not(feature = "serve"), allow(dead_code))]

use super::{Body, BodyError, Kind};
use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use hyper::body::Incoming;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// A body that a connection shares with the service that has the request.
#[derive(Debug, Default)]
pub(crate) struct Rest(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// `None` at its end.
    body: Option<Incoming>,
    was_polled: bool,
    is_dropped: bool,
    /// The connection, which waits until the service has dropped the body.
    waker: Option<Waker>,
}

/// A body that was dropped before its end.
#[derive(Debug)]
pub(crate) struct Dropped {
    pub(crate) body: Incoming,
    /// Whether it was polled. If it was not, a client that expects a `100 Continue` has not received it.
    pub(crate) was_polled: bool,
}

impl Rest {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Mutex::new(State { body: Some(body), ..State::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the body if the service has dropped it before its end.
    pub(crate) fn take(&self) -> Option<Dropped> {
        let mut state = self.lock();
        let is_dropped = state.is_dropped;
        let body = state.body.take_if(|_| is_dropped)?;
        Some(Dropped { body, was_polled: state.was_polled })
    }

    /// Puts a body back that is to be read.
    pub(crate) fn put_back(&self, dropped: Dropped) {
        self.lock().body = Some(dropped.body);
    }

    /// Takes the body once the service has dropped it before its end, or returns `None` if there is none to wait for.
    pub(crate) fn poll_take(&self, cx: &Context<'_>) -> Poll<Option<Incoming>> {
        let mut state = self.lock();
        if state.is_dropped || state.body.is_none() {
            return Poll::Ready(state.body.take());
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// The service's end of it.
pub(super) struct Received(Arc<Rest>);

impl Received {
    pub(super) fn poll_frame(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut state = self.0.lock();
        state.was_polled = true;
        let Some(body) = &mut state.body else { return Poll::Ready(None) };
        // Not polled at its end, as other bodies of hyper are not.
        let polled = if body.is_end_stream() { Poll::Ready(None) } else { Pin::new(body).poll_frame(cx) };
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            state.body = None;
        }
        polled.map_err(|error| BodyError::new(error.into()))
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.0.lock().body.as_ref().is_none_or(Incoming::is_end_stream)
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.0.lock().body.as_ref().map_or(SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_dropped = true;
        let ended = state.body.take_if(|body| body.is_end_stream());
        let waker = state.waker.take();
        drop(state);
        drop(ended);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Body {
    /// Creates the service's end of the body of a request.
    pub(crate) fn received(rest: &Arc<Rest>) -> Self {
        Self(Kind::Received(Received(Arc::clone(rest)), false))
    }
}
