//! Wraps routes that are bound to their router in layers.

use super::binding::Binding;
use super::endpoint::Endpoint;
use super::future::RouteFuture;
use super::route_service::RouteService;
use super::service_endpoint::ServiceEndpoint;
use crate::body::{Body, BoxError};
use crate::config::Rules;
use crate::routing::MatchedPath;
use bytes::Buf;
use http::Method;
use std::marker::PhantomData;
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

/// A tower layer whose types are erased.
pub(crate) trait EndpointLayer: Send + Sync {
    fn layer(&self, inner: Arc<dyn Endpoint>, binding: &Binding) -> Arc<dyn Endpoint>;
}

/// Erases the types of a layer.
pub(crate) fn erased<L, R>(layer: L) -> Arc<dyn EndpointLayer>
where
    L: Layer<RouteService> + Send + Sync + 'static,
    L::Service: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    Arc::new(Erased { layer, body: PhantomData })
}

struct Erased<L, R> {
    layer: L,
    body: PhantomData<fn(R)>,
}

impl<L, R> EndpointLayer for Erased<L, R>
where
    L: Layer<RouteService> + Send + Sync + 'static,
    L::Service: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    fn layer(&self, inner: Arc<dyn Endpoint>, binding: &Binding) -> Arc<dyn Endpoint> {
        let service = self.layer.layer(RouteService::bound(inner));
        let context = binding.context(Rules::UNSET);
        Arc::new(ServiceEndpoint { service, context, rules: None, max_duration: None })
    }
}

/// Wraps only the 405 of an endpoint in a layer, for a route that was registered after the layer.
pub(crate) fn around_refusals(
    layer: &dyn EndpointLayer,
    inner: Arc<dyn Endpoint>,
    methods: &[Method],
    binding: &Binding,
) -> Arc<dyn Endpoint> {
    if methods.is_empty() {
        return inner; // it takes every method
    }
    let layered = layer.layer(Arc::clone(&inner), binding);
    Arc::new(AroundRefusals { inner, layered, methods: methods.into() })
}

struct AroundRefusals {
    inner: Arc<dyn Endpoint>,
    layered: Arc<dyn Endpoint>,
    methods: Box<[Method]>,
}

impl Endpoint for AroundRefusals {
    fn call(self: Arc<Self>, request: http::Request<Body>, path: MatchedPath) -> RouteFuture {
        let is_refused = !self.methods.contains(request.method());
        let endpoint = if is_refused { &self.layered } else { &self.inner };
        Arc::clone(endpoint).call(request, path)
    }
}
