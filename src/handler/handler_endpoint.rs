//! Handlers and wrappers that are bound to a route.

use super::call::{Call, Setup, Start};
use super::endpoint::Endpoint;
use super::future::{BoxFuture, RouteFuture};
#[cfg(feature = "draft")]
use super::preview;
use crate::body::Body;
#[cfg(feature = "draft")]
use crate::draft::PreviewCookies;
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use crate::routing::MatchedPath;
use std::sync::Arc;

/// A handler that is bound to a route. It is not generic over the handler, so that it is compiled once.
pub(super) struct HandlerEndpoint {
    pub(super) setup: Setup,
    pub(super) handler: Arc<dyn Start>,
}

impl Endpoint for HandlerEndpoint {
    fn call(self: Arc<Self>, request: http::Request<Body>, path: MatchedPath) -> RouteFuture {
        let (call, reading) = Call::begin(&self.setup, request, path);
        let (head, handler) = (Arc::clone(&call.head), Arc::clone(&self.handler));
        #[cfg(feature = "draft")]
        if let Some(props) = &head.context.settings.preview {
            if let Some(cookies) = PreviewCookies::of(&head.parts.headers) {
                let future = preview::call_with_preview(handler, call, props.clone(), cookies, reading);
                return RouteFuture::new(Box::pin(future), head);
            }
        }
        RouteFuture::new(handler.start(call, reading), head)
    }

    fn run(self: Arc<Self>, req: ApiRequest<Body>, res: ApiResponse) -> BoxFuture {
        let (call, reading) = Call::resume(&self.setup, req, res);
        Arc::clone(&self.handler).start(call, reading)
    }
}
