//! The ways to set one thing: a configuration and a layer, for a handler and for a service that is none.

use crate::common::{AnyService, any};
use bytes::Bytes;
use http::{Request, Response};
use std::convert::Infallible;
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_api_routes::handler::IntoRoute;
use tower_api_routes::{ApiRouter, Body, BoxError, HandlerExt as _, RouteConfig};

/// What a handler does, as a service that knows nothing of handlers.
pub(crate) fn foreign<H, M>(handler: H) -> AnyService
where
    H: IntoRoute<M>,
{
    let service = handler.into_service();
    any(service_fn(move |request: Request<Body>| service.clone().oneshot(request)))
}

/// Each way within a router, which has this route.
pub(crate) fn ways_in_a_router<H, M, L, B>(
    route: &str,
    config: &RouteConfig,
    layer: &L,
    handler: H,
    service: Option<AnyService>,
) -> Vec<(&'static str, AnyService)>
where
    H: IntoRoute<M> + Clone,
    L: Layer<AnyService>,
    L::Service: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (router, config) = (ApiRouter::new, || config.clone());
    let around = |inner| any(layer.layer(inner));
    let handled = || any(handler.clone().into_service());
    let mut ways = vec![
        ("the handler's configuration", any(router().route(route, handler.clone().config(config())))),
        ("the router's configuration", any(router().config(config()).route(route, handler.clone()))),
        ("the router's, set later", any(router().route(route, handler.clone()).config(config()))),
        ("a layer around the handler", any(router().route(route, around(handled())))),
        ("a layer around the router", around(any(router().route(route, handler.clone())))),
        ("a configuration around the handler", any(router().route(route, config().layer(handled())))),
        ("a configuration around the router", any(config().layer(router().route(route, handler.clone())))),
        ("a configuration as the router's layer", any(router().route(route, handler).layer(config()))),
    ];
    if let Some(service) = service {
        let service = || service.clone();
        ways.extend([
            ("the service's configuration", any(router().route(route, service().config(config())))),
            ("the router's, for a service", any(router().config(config()).route(route, service()))),
            ("a layer around the service", any(router().route(route, around(service())))),
            ("a layer around the service's router", around(any(router().route(route, service())))),
            ("a configuration around the service", any(router().route(route, config().layer(service())))),
        ]);
    }
    ways
}

/// Those, with the route `/`, and each way without a router.
pub(crate) fn ways<H, M, L, B>(
    config: &RouteConfig,
    layer: &L,
    handler: H,
    service: Option<AnyService>,
) -> Vec<(&'static str, AnyService)>
where
    H: IntoRoute<M> + Clone,
    L: Layer<AnyService>,
    L::Service: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let mut ways = ways_in_a_router("/", config, layer, handler.clone(), service.clone());
    ways.extend([
        ("a configured handler alone", any(handler.clone().config(config.clone()).into_service())),
        ("a layer around the handler alone", any(layer.layer(any(handler.clone().into_service())))),
        ("a configuration around the handler alone", any(config.layer(handler.into_service()))),
    ]);
    if let Some(service) = service {
        ways.extend([
            ("a configured service alone", any(service.clone().config(config.clone()).into_service())),
            ("a layer around the service alone", any(layer.layer(service.clone()))),
            ("a configuration around the service alone", any(config.layer(service))),
        ]);
    }
    ways
}
