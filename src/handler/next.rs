//! The handler that a wrapper calls.

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

/// The inner handler or service of a wrapper: the third argument of a function that is passed to
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
    /// Headers that are set on `res` before are kept. Headers of an inner *service* replace those of the same name,
    /// except for `Set-Cookie` and `Vary`. The handler gets the extensions of `req`.
    ///
    /// The response can be edited, for example with [`Response::headers_mut`](crate::Response::headers_mut), also
    /// if it is a stream, or if another task sends it later.
    ///
    /// # Errors
    ///
    /// Returns the error of a handler, or the rejection of its body. An inner *service* turns its own errors into
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
                slot.ok_or_else(|| Error::internal("the handler returned no response"))
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
