//! What responds to the requests of one route, and the functions that wrap it.

use super::future::{BoxFuture, RouteFuture};
use super::output::{HandlerFuture, HandlerOutput};
use crate::body::Body;
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use crate::routing::MatchedPath;
use http::Request;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

/// Responds to the requests of one route. The types of its handler or service are erased.
pub(crate) trait Endpoint: Send + Sync + 'static {
    fn call(self: Arc<Self>, request: Request<Body>, path: MatchedPath) -> RouteFuture;

    /// Responds to a request that a wrapper passes on. The result is not sent yet: the wrapper may edit it.
    fn run(self: Arc<Self>, req: ApiRequest<Body>, res: ApiResponse) -> BoxFuture {
        Box::pin(async move {
            let path = req.matched_path().clone();
            let Ok(response) = self.call(req.into_request(), path).await;
            res.forward(response)
        })
    }
}

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
    /// the error of a handler, or the rejection of its body. An inner *service* turns its own errors into responses.
    pub async fn run(self, req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let mut response = self.endpoint.run(req, res.check()?).await?;
        poll_fn(|cx| response.poll_tag(cx)).await;
        Ok(response)
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
