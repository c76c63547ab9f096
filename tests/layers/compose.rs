//! All layers at once: in any order, through `ServiceBuilder`, and inside of tower-http's layers.

use crate::common::log::Log;
use crate::common::{AnyService, any, call, get, read};
use crate::stack::{SECOND, check_all, config, cors, probe};
use http::{Request, Response};
use std::convert::Infallible;
use std::time::Duration;
use tower::{Layer as _, ServiceBuilder};
use tower_api_routes::cors::ApiCorsLayer;
use tower_api_routes::{
    ApiRouter, Body, BodyParserLayer, ExternalResolverLayer, HandlerExt as _, MaxDurationLayer,
    ResponseLimitLayer, RouteConfig,
};

/// One of our layers, by number, around anything.
fn wrap(layer: usize, inner: AnyService) -> AnyService {
    match layer {
        0 => any(BodyParserLayer::new().size_limit("1kb").layer(inner)),
        1 => any(ResponseLimitLayer::new().response_limit("100").layer(inner)),
        2 => any(MaxDurationLayer::new(SECOND).layer(inner)),
        3 => any(ExternalResolverLayer::new().layer(inner)),
        _ => any(ApiCorsLayer::new(cors()).layer(inner)),
    }
}

fn orders(of: usize) -> Vec<Vec<usize>> {
    let Some(last) = of.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = orders(last);
    let insert = |order: &Vec<usize>, at| [&order[..at], &[last], &order[at..]].concat();
    shorter.iter().flat_map(|order| (0..of).map(move |at| insert(order, at))).collect()
}

#[tokio::test(start_paused = true)]
async fn in_every_order_the_layers_do_the_same() {
    let orders = orders(5);
    assert_eq!(orders.len(), 120);
    for order in orders {
        let inner = any(probe.into_service());
        let stack = order.iter().fold(inner, |service, layer| wrap(*layer, service));
        check_all(&format!("{order:?}"), "/", &stack).await;
    }
}

#[tokio::test(start_paused = true)]
async fn through_a_service_builder_in_both_directions() {
    let parser = BodyParserLayer::new().size_limit("1kb");
    let limit = ResponseLimitLayer::new().response_limit("100b");
    let down = ServiceBuilder::new()
        .layer(ApiCorsLayer::new(cors()))
        .layer(MaxDurationLayer::new(SECOND))
        .layer(ResponseLimitLayer::new().response_limit("100"))
        .layer(ExternalResolverLayer::new())
        .layer(parser);
    let up = ServiceBuilder::new()
        .layer(parser)
        .layer(ExternalResolverLayer::new())
        .layer(ResponseLimitLayer::new().response_limit("100"))
        .layer(MaxDurationLayer::new(SECOND))
        .layer(ApiCorsLayer::new(cors()));
    let handler = || probe.into_service();
    let route = "/api/[x]";
    let services = [
        ("down", "/", any(down.clone().service(handler()))),
        ("up", "/", any(up.clone().service(handler()))),
        ("one value", "/", any(ServiceBuilder::new().layer(config()).service(handler()))),
        ("per route", "/api/1", any(ApiRouter::new().route(route, down.clone().service(handler())))),
        ("around a router", "/api/1", any(up.service(ApiRouter::new().route(route, probe)))),
        ("one value around a router", "/api/1", any(config().layer(ApiRouter::new().route(route, probe)))),
        ("as configuration", "/api/1", any(ApiRouter::new().route(route, probe.config(config())))),
        ("a layered route in a router that has it too", "/api/1", {
            any(ApiRouter::new().config(config()).route(route, down.service(handler())))
        }),
    ];
    for (name, path, service) in services {
        check_all(name, path, &service).await;
    }
    // A size is the text that was written.
    let log = Log::capture();
    read(call(limit.layer(handler()), get("/?do=large")).await).await;
    assert_eq!(log.too_large()[0][2], "100b");
}

#[tokio::test(start_paused = true)]
async fn with_the_layers_of_tower_http_outside() {
    use tower_http::catch_panic::CatchPanicLayer;
    use tower_http::compression::CompressionLayer;
    use tower_http::timeout::TimeoutLayer;
    use tower_http::trace::TraceLayer;
    let outside = || {
        ServiceBuilder::new()
            .layer(TraceLayer::new_for_http())
            .layer(CatchPanicLayer::new())
            .layer(TimeoutLayer::with_status_code(http::StatusCode::REQUEST_TIMEOUT, Duration::from_secs(3)))
            .layer(CompressionLayer::new())
    };
    let layers = || config().layer(probe.into_service());
    let services = [
        ("around layers", any(outside().service(layers()))),
        ("around a router", any(outside().service(ApiRouter::new().route("/", probe.config(config()))))),
        (
            "around layers around a router",
            any(outside().layer(config()).service(ApiRouter::new().route("/", probe))),
        ),
        ("inside a router", any(ApiRouter::new().route("/", outside().service(layers())))),
    ];
    for (name, service) in services {
        check_all(name, "/", &service).await;
        let request =
            Request::get("/?do=large").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
        let log = Log::capture();
        let (parts, body) = call(service.clone(), request).await.into_parts();
        assert_eq!(parts.headers["content-encoding"], "gzip", "{name}");
        let compressed = http_body_util::BodyExt::collect(body).await.unwrap().to_bytes();
        assert!(compressed.len() < 100, "{name}");
        assert_eq!(log.too_large()[0][1], "200", "{name}: what the handler has sent is what counts");
        let panicked = read(call(service, get("/?do=panic")).await).await;
        assert_eq!(panicked.0, 500, "{name}");
    }
    // Each of the outer ones still does its own work on an inner service that fails it.
    let hangs = tower::service_fn(|request: Request<Body>| async move {
        assert_ne!(request.uri().path(), "/panic", "on purpose");
        std::future::pending::<Result<Response<Body>, Infallible>>().await
    });
    let late = RouteConfig::new().max_duration_secs(9).layer(hangs);
    let service = any(outside().service(late));
    assert_eq!(call(service.clone(), get("/")).await.status(), 408, "the timeout outside is the shorter");
    assert_eq!(call(service, get("/panic")).await.status(), 500, "a panic inside of our layers");
    let service = any(outside().service(RouteConfig::new().max_duration_secs(2).layer(hangs)));
    assert_eq!(call(service, get("/")).await.status(), 504, "the deadline inside is the shorter");
}
