//! The layers in axum, and over real sockets.

use crate::common::log::Log;
use crate::common::net::{self, Protocol, Server};
use crate::common::{any, call, get, json, post_to, read};
use crate::stack::{SECOND, check_all, config, cors, preflight, probe};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use std::time::Duration;
use tower::{Layer as _, ServiceBuilder};
use tower_api_routes::cors::ApiCorsLayer;
use tower_api_routes::{
    ApiRouter, Body, BodyParserLayer, ExternalResolverLayer, HandlerExt as _, MaxDurationLayer,
    ResponseLimitLayer, RouteConfig,
};

#[tokio::test(start_paused = true)]
async fn around_an_axum_router() {
    use axum::extract::Extension;
    use tower_api_routes::ParsedBody;
    async fn handler(Extension(body): Extension<ParsedBody>, text: String) -> String {
        format!("{} {text}", body.get("a").unwrap_or("-"))
    }
    async fn slow() {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
    let router = axum::Router::new()
        .route("/", axum::routing::any(handler))
        .route("/slow", axum::routing::get(slow))
        .route("/large", axum::routing::get(|| async { "x".repeat(200) }));
    let layered = router
        .clone()
        .layer(ServiceBuilder::new().layer(ApiCorsLayer::new(cors())).layer(MaxDurationLayer::new(SECOND)))
        .layer(ResponseLimitLayer::new().response_limit("100"))
        .layer(ExternalResolverLayer::new())
        .layer(BodyParserLayer::new().size_limit("1kb"));
    let services = [
        ("layer by layer, inside axum", any(layered)),
        ("one value, inside axum", any(router.clone().layer(config()))),
        ("one value, around axum", any(config().layer(router))),
    ];
    let log = Log::capture();
    for (name, service) in services {
        let send = |request| async { read(call(service.clone(), request).await).await };
        assert_eq!(send(json(r#"{"a":"b"}"#)).await, (200, r#"b {"a":"b"}"#.into()), "{name}");
        assert_eq!(send(json("{")).await, (400, "Invalid JSON".into()), "{name}");
        assert_eq!(send(get("/slow")).await, (504, "Gateway Timeout".into()), "{name}");
        assert_eq!(send(get("/large")).await.1.len(), 200, "{name}");
        assert_eq!(log.too_large(), [["-", "200", "100"].map(String::from)], "{name}");
        assert_eq!(
            call(service.clone(), preflight("/")).await.headers()["access-control-allow-origin"],
            "https://example.com",
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn our_router_inside_axum_inside_our_layers() {
    let api = ApiRouter::new().route("/api/[x]", probe);
    let app = axum::Router::new().fallback_service(api);
    check_all("one value around axum", "/api/1", &any(config().layer(app.clone()))).await;
    check_all("one value inside axum", "/api/1", &any(app.layer(config()))).await;
}

/// `check_all`, as far as a socket shows it.
async fn check(name: &str, server: &Server) {
    for protocol in Protocol::BOTH {
        let send = |request: Request<Body>| async {
            let body = Full::new(Bytes::copy_from_slice(request.body().as_bytes().unwrap()));
            server.send(protocol, request.map(|_| body)).await
        };
        let name = format!("{name}, {protocol:?}");
        let json = |body: &'static str| post_to("/api/1", "application/json", body);
        let log = Log::capture();
        assert_eq!(read(send(json(r#"{"a":"b"}"#)).await).await, (200, "POST b".into()), "{name}");
        assert_eq!(read(send(json("{")).await).await, (400, "Invalid JSON".into()), "{name}");
        let large = post_to("/api/1", "text/plain", "x".repeat(2000));
        assert_eq!(read(send(large).await).await, (413, "Body exceeded 1kb limit".into()), "{name}");
        assert_eq!(read(send(get("/api/1?do=slow")).await).await, (504, "Gateway Timeout".into()), "{name}");
        assert_eq!(read(send(get("/api/1?do=late")).await).await, (200, "late".into()), "{name}");
        assert!(log.warnings().is_empty(), "{name}");
        assert_eq!(read(send(get("/api/1?do=stream")).await).await, (200, "x".repeat(200)), "{name}");
        assert_eq!(log.too_large(), [["/api/[x]", "100", "100"].map(String::from)], "{name}");
        let preflight = send(preflight("/api/1")).await;
        assert_eq!(preflight.headers()["access-control-allow-origin"], "https://example.com", "{name}");
    }
}

fn quick() -> RouteConfig {
    RouteConfig::new().max_duration(Duration::from_millis(400)).or(&config())
}

#[tokio::test]
async fn over_hyper_http1_and_http2() {
    let route = "/api/[x]";
    let configured = net::serve(ApiRouter::new().route(route, probe.config(quick()))).await;
    check("configured", &configured).await;
    let per_route = ServiceBuilder::new().layer(quick()).service(probe.into_service());
    check("per route", &net::serve(ApiRouter::new().route(route, per_route)).await).await;
    let around = ServiceBuilder::new()
        .layer(ApiCorsLayer::new(cors()))
        .layer(MaxDurationLayer::new(Duration::from_millis(400)))
        .layer(ResponseLimitLayer::new().response_limit("100"))
        .layer(ExternalResolverLayer::new())
        .layer(BodyParserLayer::new().size_limit("1kb"))
        .service(ApiRouter::new().route(route, probe));
    check("around the router", &net::serve(around).await).await;
}

#[tokio::test]
async fn too_large_response_is_withheld() {
    let service = ResponseLimitLayer::new()
        .response_limit("100")
        .enforce_response_limit(true)
        .layer(ApiRouter::new().route("/api/[x]", probe));
    let server = net::serve(service).await;
    for protocol in Protocol::BOTH {
        assert_eq!(server.get(protocol, "/api/1?do=large").await.status(), 500);
        let cut = server.get(protocol, "/api/1?do=stream").await;
        assert_eq!(cut.status(), 200);
        assert!(cut.into_body().collect().await.is_err(), "{protocol:?}");
    }
}
