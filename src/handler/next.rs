//! Wrappers, and the handler that a wrapper calls.

use super::endpoint::Endpoint;
use super::future::BoxFuture;
use super::output::{HandlerFuture, HandlerOutput};
use crate::body::Body;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use std::fmt;
use std::sync::Arc;

/// The inner handler or service of a wrapper: the third argument of a function that is passed to
/// [`HandlerExt::wrap`](crate::HandlerExt::wrap) or [`from_fn`](crate::from_fn).
///
/// A wrapper that does not call [`run`](Self::run) responds itself, and the handler is never called.
pub struct Next {
    pub(super) endpoint: Arc<dyn Endpoint>,
}

impl Next {
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
    /// Returns the error of `res`, if a status, header or cookie cannot be sent; the handler is not called then. Returns
    /// the error of a handler, or the rejection of its body. An inner *service* turns its own errors into
    /// responses.
    pub async fn run(self, req: ApiRequest<Body>, res: ApiResponse) -> Result {
        self.endpoint.run(req, res.check()?).await
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}

/// A function that wraps a handler, with its types erased.
pub(crate) trait Wrapper: Send + Sync {
    fn call(&self, req: ApiRequest<Body>, res: ApiResponse, next: Next) -> BoxFuture;
}

impl<F, Fut> Wrapper for F
where
    F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Send + Sync,
    Fut: HandlerFuture + HandlerOutput,
{
    fn call(&self, req: ApiRequest<Body>, res: ApiResponse, next: Next) -> BoxFuture {
        Box::pin(self(req, res, next))
    }
}
