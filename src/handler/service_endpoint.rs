//! Calls the service of a route.

use super::endpoint::Endpoint;
use super::future::{BoxFuture, RouteFuture};
use crate::body::{Body, BoxError};
use crate::config::{InForce, Outer, Rules};
use crate::context::{ContextExtension, RequestHead, RouteContext};
use crate::error::{Error, ErrorResponse};
use crate::oneshot::Oneshot;
use crate::response::Response;
use crate::routing::MatchedPath;
use bytes::Buf;
use http::Extensions;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tower_service::Service;

pub(super) struct ServiceEndpoint<S> {
    pub(super) service: S,
    pub(super) context: Arc<RouteContext>,
    /// The router's settings, which are defaults for what stands inside. `None` for a layer of the router.
    pub(super) rules: Option<Rules>,
    /// The route's own deadline, which applies whatever stands inside.
    pub(super) max_duration: Option<Duration>,
}

impl<S> ServiceEndpoint<S> {
    /// Passes the settings on to what stands inside, and notes in the head what the route itself applies.
    fn settle(&self, head: &mut RequestHead, extensions: &mut Extensions) {
        // A time that ends after the end of time has no end.
        let end = self.max_duration.and_then(|time| Instant::now().checked_add(time));
        let rules = self.rules.unwrap_or_default();
        let is_asked = head.is_asked();
        if end.is_none() && rules == Rules::UNSET && !is_asked {
            return;
        }
        let outer = Outer::of_mut(extensions);
        if let Some(end) = end {
            outer.end_by(end);
        }
        let mut own = InForce { end: outer.end, ..InForce::default() };
        if self.rules.is_some() {
            if rules.max_duration.is_some() {
                outer.claim_deadline();
            }
            outer.add(&rules);
            own.rules = Rules { max_duration: rules.max_duration, ..outer.rules };
            if rules.max_duration.is_some() || own.rules.response_limit_of_service().is_some() {
                head.claims = Some(outer.watch());
            }
        }
        head.in_force = Some(Box::new(own));
    }
}

impl<S, R> Endpoint for ServiceEndpoint<S>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    fn call(self: Arc<Self>, mut request: http::Request<Body>, path: MatchedPath) -> RouteFuture {
        request.body_mut().mark_as_request();
        let mut head = RequestHead::for_service(&request, Arc::clone(&self.context));
        let extensions = request.extensions_mut();
        if let Some(route) = &self.context.route {
            extensions.insert(route.name.clone());
        }
        extensions.insert(ContextExtension { context: Arc::clone(&self.context), path });
        self.settle(&mut head, extensions);
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
