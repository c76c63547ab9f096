use super::Result;
use super::responder::PendingResponse;
use crate::body::Body;
use crate::error::StreamError;
use std::fmt;
use std::task::{Context, Poll, ready};

/// The proof that a handler has answered; only the methods of [`ApiResponse`](crate::ApiResponse) that send make one.
pub struct Response {
    /// Empty as long as another task answers.
    inner: http::Response<Body>,
    waits: Waits,
    /// A `Content-Length` of the handler's may be among the headers.
    has_length: bool,
}

/// What has to happen before the head can go out.
enum Waits {
    No,
    ForFirstWrite,
    ForAnotherTask(PendingResponse),
}

impl Response {
    pub(crate) fn ready(response: http::Response<Body>) -> Self {
        Self { inner: response, waits: Waits::No, has_length: true }
    }

    /// As [`ready`](Self::ready), without a `Content-Length`: nobody needs to look for one.
    pub(super) fn without_length(response: http::Response<Body>) -> Self {
        Self { has_length: false, ..Self::ready(response) }
    }

    pub(super) fn stream(response: http::Response<Body>) -> Self {
        Self { inner: response, waits: Waits::ForFirstWrite, has_length: true }
    }

    pub(super) fn pending(pending: PendingResponse) -> Self {
        Self { inner: http::Response::default(), waits: Waits::ForAnotherTask(pending), has_length: true }
    }

    /// Whether the handler has returned before the answer is there.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.waits, Waits::ForAnotherTask(_))
    }

    /// Whether there may be a `Content-Length`.
    pub(crate) fn has_length(&self) -> bool {
        self.has_length
    }

    /// Whether nothing is left to wait for.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.waits, Waits::No)
    }

    /// The answer, once it is ready.
    pub(crate) fn inner_mut(&mut self) -> &mut http::Response<Body> {
        &mut self.inner
    }

    pub(crate) fn into_inner(self) -> http::Response<Body> {
        self.inner
    }

    /// As [`into_inner`](Self::into_inner), from where it waited.
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::ready(http::Response::default()))
    }

    /// Waits until the head can go out.
    pub(crate) fn poll_resolve(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match &mut self.waits {
                Waits::No => return Poll::Ready(Ok(())),
                Waits::ForFirstWrite => {
                    ready!(self.inner.body_mut().poll_peek(cx))
                        .map_err(|error| StreamError::unwrap(error).0)?;
                    self.waits = Waits::No;
                }
                Waits::ForAnotherTask(pending) => *self = ready!(pending.poll(cx))?,
            }
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_late() {
            return f.write_str("Response(pending)");
        }
        f.debug_struct("Response").field("status", &self.inner.status()).finish_non_exhaustive()
    }
}
