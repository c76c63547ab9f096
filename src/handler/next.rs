//! What a wrapper calls to go on.

use super::call::{BoundHandler, Call};
use super::endpoint::Endpoint;
use super::reading::Reading;
use crate::body::Body;
use crate::error::Error;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

/// The handler, or the service, behind a wrapper: the third argument of a function that is given to
/// [`HandlerExt::wrap`](crate::HandlerExt::wrap) or [`from_fn`](crate::from_fn).
///
/// A wrapper that does not call [`run`](Self::run) responds itself, and the handler is never called.
pub struct Next {
    inner: Inner,
}

enum Inner {
    Handler(Arc<dyn BoundHandler>),
    Endpoint(Endpoint),
}

impl Next {
    pub(super) fn handler(handler: Arc<dyn BoundHandler>) -> Self {
        Self { inner: Inner::Handler(handler) }
    }

    pub(super) fn endpoint(endpoint: Endpoint) -> Self {
        Self { inner: Inner::Endpoint(endpoint) }
    }

    /// Runs the handler, or the inner service, and returns its response.
    ///
    /// Headers that are set on `res` before are kept; those of an inner *service* replace the ones of the same name, but for
    /// `Set-Cookie` and `Vary`. What is inserted into the extensions of `req` reaches the handler.
    /// The response can be edited with [`Response::headers_mut`](crate::Response::headers_mut) and its siblings, also if it is
    /// a stream, or if another task sends it later.
    ///
    /// # Errors
    ///
    /// The error of a handler, the rejection of its body included. An inner *service* maps its own errors: they arrive as
    /// responses.
    pub async fn run(self, req: ApiRequest<Body>, res: ApiResponse) -> Result {
        match self.inner {
            Inner::Handler(handler) => {
                let (call, reading) = Call::resume(req, res, |head, extensions, body| {
                    let needs = handler.setup().needs;
                    let limit = head.resolved().size_limit(needs);
                    Reading::start(needs, &head.parts, extensions, body, limit)
                });
                let mut future = handler.start(call, reading);
                let mut slot = None;
                poll_fn(|cx| future.as_mut().poll_into(&mut slot, cx)).await?;
                slot.ok_or_else(|| Error::internal("the handler gave no response"))
            }
            Inner::Endpoint(endpoint) => {
                let path = req.matched_path().clone();
                let Ok(response) = endpoint.call(req.into_request(), path).await;
                res.forward(response)
            }
        }
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}
