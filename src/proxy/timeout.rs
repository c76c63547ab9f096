//! The time limit for the origin's response, which is suspended while the proxy waits for the client's body.

use crate::body::{Body, BodyError};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The progress of a request's body.
#[derive(Clone)]
pub(super) struct Upload(Arc<Mutex<State>>);

struct State {
    /// The client has not sent the next chunk yet.
    waits_for_client: bool,
    /// When the last chunk was passed on.
    last: Instant,
    /// The body ended with an error.
    failed: bool,
}

impl Upload {
    /// Observes a body. A buffered body needs no observation, because it is passed on at once.
    pub(super) fn observe(body: Body) -> (Option<Self>, Body) {
        if body.as_bytes().is_some() {
            return (None, body);
        }
        let state = State { waits_for_client: false, last: Instant::now(), failed: false };
        let upload = Self(Arc::new(Mutex::new(state)));
        (Some(upload.clone()), Body::boxed(Observed { body, upload }))
    }

    /// Returns whether the body ended with an error.
    pub(super) fn failed(&self) -> bool {
        self.with(|state| state.failed)
    }

    /// Returns the current deadline of the origin.
    fn deadline(&self, limit: Duration) -> Option<Instant> {
        let since = self.with(|state| if state.waits_for_client { Instant::now() } else { state.last });
        since.checked_add(limit)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Observed {
    body: Body,
    upload: Upload,
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        self.upload.with(|state| {
            state.waits_for_client = polled.is_pending();
            state.last = Instant::now();
            state.failed = matches!(polled, Poll::Ready(Some(Err(_))));
        });
        Poll::Ready(ready!(polled))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Waits for the origin, and returns `None` once the time limit has passed.
pub(super) async fn limited<F: Future>(
    future: F,
    limit: Duration,
    upload: Option<&Upload>,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = pin!(sleep(limit));
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        ready!(timer.as_mut().poll(cx));
        match upload.and_then(|upload| upload.deadline(limit)) {
            Some(deadline) if deadline > Instant::now() => {
                timer.as_mut().reset(deadline);
                timer.as_mut().poll(cx).map(|()| None)
            }
            _ => Poll::Ready(None),
        }
    })
    .await
}
