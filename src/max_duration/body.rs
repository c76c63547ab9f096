use super::{Deadline, Watch};
use crate::body::{BoxError, LayeredBody};
use crate::error::{Error, ErrorResponse};
use bytes::Bytes;
use http::{Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The response body of a [`MaxDuration`](super::MaxDuration), which ends with an error at the deadline.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None` once the deadline has passed, so that what writes the body is dropped, too.
        #[pin]
        body: Option<LayeredBody<B>>,
        deadline: Option<Deadline>,
        // Logs a body that is cut off; `None` if a router logs it.
        watch: Option<Watch>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn unguarded(body: B) -> Self {
        Self { body: Some(LayeredBody::inner(body)), deadline: None, watch: None }
    }

    pub(super) fn guarded(body: B, deadline: Deadline, watch: Option<Watch>) -> Self {
        Self { body: Some(LayeredBody::inner(body)), deadline: Some(deadline), watch }
    }

    pub(super) fn timeout() -> Response<Self> {
        ErrorResponse::respond(gateway_timeout()).map(|body| Self {
            body: Some(LayeredBody::own(body)),
            deadline: None,
            watch: None,
        })
    }
}

/// Returns the error for a deadline that passes before there is a response.
pub(crate) fn gateway_timeout() -> Error {
    Error::new(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout").caused_by(TimedOut)
}

impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { body: Some(LayeredBody::default()), deadline: None, watch: None }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        // The deadline is polled first, so that a writer that is always ready cannot outrun it.
        if this.deadline.as_mut().is_some_and(|deadline| deadline.poll(cx).is_ready()) {
            *this.deadline = None;
            this.body.set(None);
            if let Some(watch) = this.watch.take() {
                watch.broke_off();
            }
            return Poll::Ready(Some(Err(TimedOut.into())));
        }
        match this.body.as_mut().as_pin_mut() {
            Some(body) => body.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
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
