//! What responds to the requests of one route.

use super::future::{BoxFuture, RouteFuture};
use crate::body::Body;
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use crate::routing::MatchedPath;
use http::Request;
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
