//! Answers that another task gives later.

use super::Result;
use super::{ApiResponse, Response};
use crate::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;

impl<T: ?Sized> ApiResponse<T> {
    /// Lets another task answer: the [`Responder`] goes there, the pending [`Response`] is what the handler returns.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn later(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let (responder, pending) = res.detach();
    ///     tokio::spawn(async move {
    ///         let answer = 42; // from a queue, a websocket, another thread
    ///         let _ = responder.respond(|res| res.json(&answer));
    ///     });
    ///     Ok(pending)
    /// }
    /// ```
    ///
    /// A `Responder` that is dropped makes the answer a 500 at once. A route that is not configured with
    /// [`external_resolver(true)`](crate::RouteConfig::external_resolver) logs a warning, as Next.js does.
    pub fn detach(self) -> (Responder<T>, Response) {
        let (sender, receiver) = oneshot::channel();
        (Responder { response: self, sender }, Response::pending(PendingResponse(receiver)))
    }
}

/// Answers a request from another task; made by [`ApiResponse::detach`].
pub struct Responder<T: ?Sized = super::Anything> {
    response: ApiResponse<T>,
    sender: oneshot::Sender<Result>,
}

impl<T: ?Sized> Responder<T> {
    /// Answers, with what the closure makes of the response; its error becomes the answer as a handler's would.
    ///
    /// # Errors
    ///
    /// If the client has gone.
    pub fn respond(self, answer: impl FnOnce(ApiResponse<T>) -> Result) -> Result<(), Closed> {
        let Self { response, sender } = self;
        sender.send(answer(response)).map_err(|_| Closed)
    }

    /// Whether the client has gone, so that nobody waits for the answer.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until the client has gone; for a `select!` beside the work.
    pub async fn closed(&mut self) {
        self.sender.closed().await;
    }
}

impl<T: ?Sized> fmt::Debug for Responder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// The client has gone: what was written reaches nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client has gone")
    }
}

impl std::error::Error for Closed {}

/// The waiting end of a [`Responder`].
pub(super) struct PendingResponse(oneshot::Receiver<Result>);

impl PendingResponse {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(answer) => answer,
            Err(_) => Err(Error::internal("the `Responder` was dropped before it answered")),
        })
    }
}
