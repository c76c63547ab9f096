use super::late::Late;
use super::stream::StreamError;
use crate::Result;
use crate::body::Body;
use std::fmt;
use std::task::{Context, Poll, ready};

/// The proof that a handler has answered; only the methods of [`ApiResponse`](crate::ApiResponse) that send make one.
pub struct Response(State);

enum State {
    Ready(http::Response<Body>),
    /// The head waits for the first write of the body.
    Stream(http::Response<Body>),
    /// Another task answers.
    Late(Late),
}

impl Response {
    pub(crate) fn ready(response: http::Response<Body>) -> Self {
        Self(State::Ready(response))
    }

    pub(super) fn stream(response: http::Response<Body>) -> Self {
        Self(State::Stream(response))
    }

    pub(super) fn late(late: Late) -> Self {
        Self(State::Late(late))
    }

    /// Whether the handler has returned before the answer is there.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.0, State::Late(_))
    }

    /// The answer, if nothing is left to wait for.
    #[allow(clippy::result_large_err)] // it is not an error, and never goes far
    pub(crate) fn into_ready(self) -> Result<http::Response<Body>, Self> {
        match self.0 {
            State::Ready(response) => Ok(response),
            state => Err(Self(state)),
        }
    }

    /// Waits until the head can go out.
    pub(crate) fn poll_resolve(&mut self, cx: &mut Context<'_>) -> Poll<Result<http::Response<Body>>> {
        loop {
            let response = match &mut self.0 {
                State::Ready(response) => response,
                State::Stream(response) => {
                    ready!(response.body_mut().poll_peek(cx)).map_err(StreamError::into_error)?;
                    response
                }
                State::Late(late) => {
                    *self = ready!(late.poll(cx))?;
                    continue;
                }
            };
            return Poll::Ready(Ok(std::mem::take(response)));
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            State::Ready(response) | State::Stream(response) => {
                f.debug_struct("Response").field("status", &response.status()).finish_non_exhaustive()
            }
            State::Late(_) => f.write_str("Response(pending)"),
        }
    }
}
