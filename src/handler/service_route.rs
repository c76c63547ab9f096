//! Converts tower services into routes.

use super::binding::{Binding, IntoEndpoint};
use super::call::Setup;
use super::endpoint::Endpoint;
use super::route::Route;
use super::route_service::RouteService;
use super::service_endpoint::ServiceEndpoint;
use super::wrap::wrapped;
use crate::body::{Body, BoxError};
use crate::config::{RouteConfig, Rules};
#[cfg(feature = "proxy")]
use crate::proxy::Proxy;
use bytes::Buf;
use std::any::Any;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// A tower service as a route.
pub(super) struct ServiceRoute<S, R> {
    service: S,
    body: PhantomData<fn(R)>,
}

/// Converts a service into a route.
pub(super) fn route<S: 'static, R>(service: S) -> Route
where
    ServiceRoute<S, R>: IntoEndpoint + 'static,
{
    let origin = proxied_to(&service);
    Route::new(ServiceRoute { service, body: PhantomData }).with_origin(origin)
}

/// Returns the origin of a service that is a proxy.
pub(crate) fn proxied_to<S: 'static>(service: &S) -> Option<Box<str>> {
    #[cfg(feature = "proxy")]
    if let Some(proxy) = (service as &dyn Any).downcast_ref::<Proxy>() {
        return Some(proxy.origin().to_string().into());
    }
    _ = service;
    None
}

impl<S, R> IntoEndpoint for ServiceRoute<S, R>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    /// Binds the service. The route's own configuration wraps it as layers, except for the deadline, which must
    /// include the wait until the service is ready.
    ///
    /// The router's configuration is passed on to inner handlers. Its body parser, for example, runs only in a
    /// handler, so that the body for another service is not read.
    fn bind(self: Arc<Self>, binding: &Binding) -> Arc<dyn Endpoint> {
        let mut own = binding.own.clone().without_cors();
        let mut rules = binding.inherited.rules;
        let max_duration = own.rules.max_duration.take();
        if max_duration.is_some() {
            rules.max_duration = None;
        }
        let service = MapIntoBody { service: self.service.clone(), body: PhantomData };
        let context = binding.context(Rules::UNSET);
        let rules = Some(rules);
        let endpoint: Arc<dyn Endpoint> = if own.rules == Rules::UNSET {
            Arc::new(ServiceEndpoint { service, context, rules, max_duration })
        } else {
            Arc::new(ServiceEndpoint { service: own.layer(service), context, rules, max_duration })
        };
        wrapped(endpoint, &Setup::for_service(binding), &binding.wrappers)
    }

    /// Checks a handler that was converted into a service, unless layers wrap it.
    fn contradicts(&self, config: &RouteConfig) -> bool {
        let service: &dyn Any = &self.service;
        service.downcast_ref::<RouteService>().is_some_and(|service| service.check(config).is_err())
    }
}

/// Maps the response body of a service into [`Body`] and its errors into [`BoxError`].
struct MapIntoBody<S, R> {
    service: S,
    body: PhantomData<fn(R)>,
}

impl<S: Clone, R> Clone for MapIntoBody<S, R> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), body: PhantomData }
    }
}

impl<S, R> Service<http::Request<Body>> for MapIntoBody<S, R>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = MapIntoBodyFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        MapIntoBodyFuture { inner: self.service.call(request) }
    }
}

pin_project_lite::pin_project! {
    struct MapIntoBodyFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, R, E> Future for MapIntoBodyFuture<F>
where
    F: Future<Output = Result<http::Response<R>, E>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    E: Into<BoxError>,
{
    type Output = Result<http::Response<Body>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.project()
            .inner
            .poll(cx)
            .map(|result| result.map(|response| response.map(Body::new)).map_err(Into::into))
    }
}
