//! Calls the service of a route.

use super::future::{BoxFuture, RouteFuture};
use crate::body::{Body, BoxError};
use crate::config::{Outer, Resolved, RouteConfig};
use crate::context::{ContextExtension, RequestHead, RouteContext};
use crate::error::Error;
use crate::oneshot::Oneshot;
use crate::response::Response;
use crate::routing::MatchedPath;
use bytes::Buf;
use std::sync::Arc;
use tower_service::Service;

/// A service of a route behind a pointer: its type is erased.
pub(crate) trait EndpointService: Send + Sync {
    fn call(&self, request: http::Request<Body>, path: MatchedPath) -> RouteFuture;
}

pub(super) struct ServiceEndpoint<S> {
    pub(super) service: S,
    pub(super) context: Arc<RouteContext>,
    /// What the router sets and this route does not.
    pub(super) inherited: RouteConfig,
}

impl<S, R> EndpointService for ServiceEndpoint<S>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, mut request: http::Request<Body>, path: MatchedPath) -> RouteFuture {
        let mut head = RequestHead::for_service(&request, Arc::clone(&self.context));
        let extensions = request.extensions_mut();
        if let Some(route) = &self.context.route {
            extensions.insert(route.name.clone());
        }
        extensions.insert(ContextExtension { context: Arc::clone(&self.context), path });
        if !self.inherited.has_no_layers() {
            let mut overridden = None;
            Outer::set(extensions, |outer| overridden = outer.inherit(&self.inherited));
            head.resolved = Some(Box::new(Resolved::for_service(&self.inherited, overridden)));
        }
        let call = Oneshot::new(self.service.clone(), request);
        let future: BoxFuture = Box::pin(async move {
            match call.await {
                Ok(response) => Ok(Response::ready(response.map(Body::new))),
                Err(error) => Err(Error::from_boxed(error.into())),
            }
        });
        RouteFuture::new(future, Arc::new(head))
    }
}
