//! Calls the service of a route.

use super::future::{BoxFuture, RouteFuture};
use crate::body::{Body, BoxError};
use crate::config::{Outer, Resolved, RouteConfig};
use crate::context::{ContextExtension, RequestHead, RouteContext};
use crate::error::{Error, ErrorResponse};
use crate::oneshot::Oneshot;
use crate::response::Response;
use crate::routing::MatchedPath;
use bytes::Buf;
use std::sync::Arc;
use std::time::Duration;
use tower_service::Service;

/// The service of a route whose type is erased.
pub(crate) trait EndpointService: Send + Sync {
    fn call(&self, request: http::Request<Body>, path: MatchedPath) -> RouteFuture;
}

pub(super) struct ServiceEndpoint<S> {
    pub(super) service: S,
    pub(super) context: Arc<RouteContext>,
    /// The router's configuration, as far as the route does not override it.
    pub(super) inherited: RouteConfig,
    /// The route's own deadline, which no inner service overrides.
    pub(super) deadline: Option<Duration>,
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
        request.body_mut().mark_as_request();
        let mut head = RequestHead::for_service(&request, Arc::clone(&self.context));
        let extensions = request.extensions_mut();
        if let Some(route) = &self.context.route {
            extensions.insert(route.name.clone());
        }
        extensions.insert(ContextExtension { context: Arc::clone(&self.context), path });
        if let Some(outer) = extensions.get::<Outer>() {
            if let Some(route) = &self.context.route {
                outer.record_route(&route.name);
            }
            if self.deadline.is_some() {
                outer.override_deadline();
            }
        }
        if !self.inherited.is_unset() {
            let mut overridden = None;
            Outer::set(extensions, |outer| overridden = outer.inherit(&self.inherited));
            let resolved = Resolved::for_service(&self.inherited, self.deadline, overridden);
            head.resolved = Some(Box::new(resolved));
        }
        let call = Oneshot::new(self.service.clone(), request);
        let future: BoxFuture = Box::pin(async move {
            match call.await {
                Ok(response) => ErrorResponse::take(response.map(Body::new)).map(Response::ready),
                Err(error) => Err(Error::from_boxed(error.into())),
            }
        });
        RouteFuture::new(future, Arc::new(head))
    }
}
