//! Wraps routes that are bound to their router in layers.

use super::binding::{Binding, IntoEndpoint, Origins};
use super::call::Setup;
use super::endpoint::Endpoint;
use super::future::RouteFuture;
use super::route::Route;
use super::route_service::RouteService;
use super::service_endpoint::ServiceEndpoint;
use super::wrap::wrapped;
use crate::body::{Body, BoxError};
use crate::config::{RouteConfig, Rules};
#[cfg(feature = "openapi")]
use crate::openapi::Operation;
use crate::routing::MatchedPath;
use bytes::Buf;
use http::Method;
use std::marker::PhantomData;
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

/// A tower layer whose types are erased.
pub(crate) trait EndpointLayer: Send + Sync {
    /// Wraps an endpoint. `rules` are the router's settings if the layer belongs to the route, inside of the router's
    /// configuration, and `None` if it belongs to the router.
    fn layer(&self, inner: Arc<dyn Endpoint>, binding: &Binding, rules: Option<Rules>) -> Arc<dyn Endpoint>;
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
    fn layer(&self, inner: Arc<dyn Endpoint>, binding: &Binding, rules: Option<Rules>) -> Arc<dyn Endpoint> {
        let service = self.layer.layer(RouteService::bound(inner));
        let context = binding.context(Rules::UNSET);
        Arc::new(ServiceEndpoint { service, context, rules, max_duration: None })
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
    let layered = layer.layer(Arc::clone(&inner), binding, None);
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

/// A route inside a layer of its own, which is nearer than the router's configuration.
pub(super) struct LayeredRoute {
    route: Route,
    layer: Arc<dyn EndpointLayer>,
}

impl LayeredRoute {
    /// Wraps a route in a layer. The configuration of the route stays that of the handler, also if a part of it is set
    /// later.
    pub(super) fn wrap(route: Route, layer: Arc<dyn EndpointLayer>) -> Route {
        let config = route.config().clone();
        Route::new(Self { route: route.without_config(), layer }).with_config(&config)
    }
}

impl IntoEndpoint for LayeredRoute {
    fn bind(self: Arc<Self>, binding: &Binding) -> Arc<dyn Endpoint> {
        let own = binding.own.clone().without_cors();
        let inner = Binding { own, inherited: RouteConfig::new(), wrappers: Vec::new(), ..binding.clone() };
        let inner = self.route.bind(inner);
        let endpoint = self.layer.layer(inner, binding, Some(binding.inherited.rules));
        wrapped(endpoint, &Setup::for_service(binding), &binding.wrappers)
    }

    fn contradicts(&self, config: &RouteConfig) -> bool {
        self.route.check(config).is_err()
    }

    fn inner_config(&self) -> RouteConfig {
        self.route.inner_config()
    }

    fn methods(&self) -> Vec<Method> {
        self.route.methods()
    }

    fn origins(&self) -> Origins {
        self.route.origins()
    }

    fn method_configs(&self) -> Vec<(Method, RouteConfig)> {
        self.route.method_configs()
    }

    #[cfg(feature = "openapi")]
    fn operations(&self) -> Vec<Operation> {
        self.route.operations()
    }
}
