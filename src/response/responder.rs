//! Responses that another task sends later.

use super::Result;
use super::{ApiResponse, Response};
use crate::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;

impl<T: ?Sized> ApiResponse<T> {
    /// Lets another task respond: the [`Responder`] goes to that task, and the handler returns the pending
    /// [`Response`].
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn later(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let (responder, pending) = res.detach();
    ///     tokio::spawn(async move {
    ///         let result = 42; // from a queue, a websocket, another thread
    ///         let _ = responder.respond(|res| res.json(&result));
    ///     });
    ///     Ok(pending)
    /// }
    /// ```
    ///
    /// A `Responder` that is dropped makes the response a 500 at once. A route that is not configured with
    /// [`external_resolver(true)`](crate::RouteConfig::external_resolver) logs a warning, as Next.js does.
    pub fn detach(self) -> (Responder<T>, Response) {
        let (sender, receiver) = oneshot::channel();
        (Responder { response: self, sender }, Response::pending(PendingResponse(receiver)))
    }
}

/// Responds to a request from another task. [`ApiResponse::detach`] creates it.
pub struct Responder<T: ?Sized = super::Anything> {
    response: ApiResponse<T>,
    sender: oneshot::Sender<Result>,
}

impl<T: ?Sized> Responder<T> {
    /// Sends the response that the closure builds. An error of the closure becomes a response like a handler's
    /// error.
    ///
    /// # Errors
    ///
    /// Returns [`Closed`] if the client has disconnected.
    pub fn respond(self, build: impl FnOnce(ApiResponse<T>) -> Result) -> Result<(), Closed> {
        let Self { response, sender } = self;
        sender.send(build(response)).map_err(|_| Closed)
    }

    /// Returns whether the client has disconnected, so that no one waits for the response.
    pub fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    /// Waits until the client has disconnected. Use it in a `select!`, next to the work:
    ///
    /// ```
    /// use tower_api_routes::response::Responder;
    ///
    /// # async fn compute() -> u32 { 42 }
    /// async fn work(mut responder: Responder) {
    ///     tokio::select! {
    ///         () = responder.closed() => {} // stop: no one waits for the result
    ///         result = compute() => {
    ///             let _ = responder.respond(|res| res.json(&result));
    ///         }
    ///     }
    /// }
    /// ```
    pub async fn closed(&mut self) {
        self.sender.closed().await;
    }
}

impl<T: ?Sized> fmt::Debug for Responder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

/// The error of writing to a client that has disconnected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client has disconnected")
    }
}

impl std::error::Error for Closed {}

/// The receiving end of a [`Responder`].
pub(super) struct PendingResponse(oneshot::Receiver<Result>);

impl PendingResponse {
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(result) => result,
            Err(_) => Err(Error::internal("the `Responder` was dropped before it responded")),
        })
    }
}
