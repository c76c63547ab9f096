//! One convention for every setting: `enabled`, the later call, and what is enforced.

use crate::common::log::Log;
use crate::common::{any, call, get, read, read_broken};
use crate::ways::{foreign, ways};
use http::Request;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{Layer as _, ServiceBuilder};
use tower_api_routes::response_limit::LimitExceeded;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, ExternalResolverLayer, HandlerExt as _,
    MaxDurationLayer, RawBody, ResponseLimitLayer, Result, RouteConfig, SizeLimit, methods,
};

/// Sends as many bytes as the query says, in one piece or as a stream.
async fn sized(req: ApiRequest, res: ApiResponse) -> Result {
    let size: usize = req.query().get("bytes").unwrap_or("0").parse()?;
    if !req.query().contains("stream") {
        return res.send("x".repeat(size));
    }
    res.stream(move |mut body| async move {
        for _ in 0..size {
            body.write("x").await?;
        }
        Ok(())
    })
}

async fn end(_req: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

#[tokio::test]
async fn a_limit_is_enforced_wherever_it_is_set() {
    let log = Log::capture();
    let limit = RouteConfig::new().response_limit("10");
    let enforced = limit.clone().enforce_response_limit(true);
    let only_enforced = RouteConfig::new().enforce_response_limit(true);
    let layer = ResponseLimitLayer::new().response_limit("10");
    let mut services = ways(&enforced, &layer.enforce_response_limit(true), sized, Some(foreign(sized)));
    services.extend([
        ("of the handler, with the router's limit", {
            any(ApiRouter::new().config(limit.clone()).route("/", sized.config(only_enforced.clone())))
        }),
        ("of the router, with the handler's limit", {
            any(ApiRouter::new().config(only_enforced.clone()).route("/", sized.config(limit.clone())))
        }),
        ("of a service, with the router's limit", {
            any(ApiRouter::new()
                .config(limit.clone())
                .route("/", foreign(sized).config(only_enforced.clone())))
        }),
        ("of the handler, with an outer layer's limit", {
            any(layer.layer(ApiRouter::new().route("/", sized.config(only_enforced.clone()))))
        }),
        ("of an outer layer, with the handler's limit", {
            let outer = ResponseLimitLayer::new().enforce_response_limit(true);
            any(outer.layer(sized.config(limit.clone()).into_service()))
        }),
        ("of an inner layer, with an outer layer's limit", {
            let inner = ResponseLimitLayer::new().enforce_response_limit(true);
            any(layer.layer(inner.layer(sized.into_service())))
        }),
    ]);
    let cases = [
        ("/?bytes=10", 200, "xxxxxxxxxx"),
        ("/?bytes=11", 500, "Internal Server Error"),
        ("/?bytes=11&stream", 200, "xxxxxxxxxx !! the response exceeded its limit of 10"),
    ];
    for (place, service) in services {
        for (path, status, body) in cases {
            let response = read_broken(call(service.clone(), get(path)).await).await;
            assert_eq!(response, (status, body.into()), "{path}, {place}");
            assert_eq!(log.too_large().len(), 1, "warnings of {path}, {place}");
        }
    }
}

#[tokio::test]
async fn enforced_limit_refuses_a_declared_length() {
    async fn upstream(_req: ApiRequest, res: ApiResponse) -> Result {
        let pieces = (0..20).map(|_| Ok::<_, Infallible>("x"));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        res.forward(http::Response::builder().header("content-length", 20).body(body)?)
    }
    for (limit, status) in [("19", 500), ("20", 200)] {
        let config = RouteConfig::new().response_limit(limit).enforce_response_limit(true);
        let response = call(upstream.config(config).into_service(), get("/")).await;
        assert_eq!(read(response).await.0, status, "a limit of {limit}");
    }
}

#[tokio::test]
async fn nearest_setting_decides_enforcement() {
    let limit = RouteConfig::new().response_limit("10");
    let on = |config: &RouteConfig| config.clone().enforce_response_limit(true);
    let off = |config: &RouteConfig| config.clone().enforce_response_limit(false);
    let services = [
        (500, any(ApiRouter::new().config(off(&limit)).route("/", sized.config(on(&limit))))),
        (200, any(ApiRouter::new().config(on(&limit)).route("/", sized.config(off(&limit))))),
        (200, any(ApiRouter::new().config(on(&limit)).route("/", sized.config(off(&RouteConfig::new()))))),
        (
            200,
            any(ApiRouter::new()
                .config(on(&limit))
                .route("/", sized.config(RouteConfig::new().no_response_limit()))),
        ),
        (200, any(sized.config(on(&limit)).config(off(&RouteConfig::new())).into_service())),
        (500, any(sized.config(off(&limit)).config(on(&RouteConfig::new())).into_service())),
    ];
    for (i, (status, service)) in services.into_iter().enumerate() {
        assert_eq!(read(call(service, get("/?bytes=11")).await).await.0, status, "case {i}");
    }
}

#[tokio::test]
async fn on_error_sees_which_limit_was_exceeded() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let errors = Arc::clone(&seen);
    let api = ApiRouter::new()
        .config(RouteConfig::new().response_limit("1kb").enforce_response_limit(true))
        .on_error(move |error, _| {
            errors.lock().unwrap().push(error.downcast_ref::<LimitExceeded>().map(LimitExceeded::limit));
        })
        .route("/", sized);
    assert_eq!(read(call(api, get("/?bytes=2000")).await).await.0, 500);
    assert_eq!(*seen.lock().unwrap(), [Some(SizeLimit::new("1kb"))]);
}

#[tokio::test]
async fn disabled_layer_does_what_docs_say() {
    async fn kind(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(req.body().kind())
    }
    async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.send(req.body().len().to_string())
    }
    async fn slow(_req: ApiRequest, res: ApiResponse) -> Result {
        tokio::time::sleep(Duration::from_millis(50)).await;
        res.send("slow")
    }
    async fn later(_req: ApiRequest, res: ApiResponse) -> Result {
        let (responder, pending) = res.detach();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            responder.respond(|res| res.send("later"))
        });
        Ok(pending)
    }
    let log = Log::capture();
    let post = |text: &'static str| Request::post("/").body(Body::from(text)).unwrap();
    let off = BodyParserLayer::new().size_limit("5b").enabled(false);
    let deadline = MaxDurationLayer::new(Duration::from_millis(10));
    let cases = [
        ("a parser", any(off.layer(kind.into_service())), (200, "undefined"), 0),
        ("a parser's limit", any(off.layer(length.into_service())), (413, "Body exceeded 5b limit"), 0),
        (
            "enabled again",
            any(off.enabled(true).layer(kind.into_service())),
            (413, "Body exceeded 5b limit"),
            0,
        ),
        ("a deadline", any(deadline.enabled(false).layer(slow.into_service())), (200, "slow"), 0),
        (
            "an outer deadline",
            { any(deadline.layer(deadline.enabled(false).layer(slow.into_service()))) },
            (504, "Gateway Timeout"),
            0,
        ),
        (
            "a resolver",
            {
                let layers = ServiceBuilder::new()
                    .layer(ExternalResolverLayer::new())
                    .layer(ExternalResolverLayer::new().enabled(false));
                any(layers.service(later.into_service()))
            },
            (200, "later"),
            1,
        ),
        (
            "a resolver that is on",
            { any(ExternalResolverLayer::new().layer(later.into_service())) },
            (200, "later"),
            0,
        ),
    ];
    for (layer, service, (status, body), warnings) in cases {
        assert_eq!(read(call(service, post("123456")).await).await, (status, body.into()), "{layer}");
        assert_eq!(log.warnings().len(), warnings, "warnings of {layer}");
    }
}

#[tokio::test]
async fn cors_that_is_not_enabled_is_absent() {
    use tower_api_routes::cors::{ApiCorsLayer, CorsLayer};
    let layer = ApiCorsLayer::new(CorsLayer::permissive());
    for (layer, header, status) in [(layer.clone(), true, 200), (layer.enabled(false), false, 204)] {
        let service = layer.layer(methods().get(end).into_service());
        let request = |method: &str| {
            Request::builder()
                .method(method)
                .uri("/")
                .header("origin", "https://example.com")
                .header("access-control-request-method", "PUT")
                .body(Body::empty())
                .unwrap()
        };
        for (method, expected) in [("GET", 200), ("OPTIONS", status)] {
            let response = call(service.clone(), request(method)).await;
            assert_eq!(response.status(), expected, "{method} {layer:?}");
            let present = response.headers().contains_key("access-control-allow-origin");
            assert_eq!(present, header, "{method} {layer:?}");
        }
    }
}

#[test]
fn later_call_overrides_earlier() {
    async fn raw(_req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.end()
    }
    let config = RouteConfig::new;
    let cases = [
        (config().max_duration_secs(1), config().max_duration_secs(2), "maxDuration: 2s"),
        (config().max_duration_secs(1), config().etag(false), "maxDuration: 1s, etag: false"),
        (config().response_limit("8mb"), config().no_response_limit(), "responseLimit: false"),
        (config().no_response_limit(), config().response_limit("8mb"), "responseLimit: 8mb"),
        (
            config().response_limit("8mb"),
            config().enforce_response_limit(true),
            "responseLimit: 8mb, enforceResponseLimit: true",
        ),
        (config().external_resolver(true), config().external_resolver(false), ""),
        (config().size_limit("2mb"), config().size_limit("3mb"), "sizeLimit: 3mb"),
        (config().size_limit("2mb"), config().body_parser(false), "bodyParser: false, sizeLimit: 2mb"),
        (config().body_parser(false), config().size_limit("2mb"), "sizeLimit: 2mb"),
    ];
    for (first, second, shown) in cases {
        let handler = ApiRouter::new().route("/x", raw.config(first.clone()).config(second.clone()));
        let router = ApiRouter::new().route("/x", raw).config(first.clone()).config(second.clone());
        let service = raw.into_service();
        let service = ApiRouter::new().route("/x", service.config(first.clone()).config(second.clone()));
        let shown_by = |api: ApiRouter| api.routes().to_string();
        assert!(
            shown_by(handler.clone()).contains(shown),
            "{first:?}, then {second:?}: {}",
            shown_by(handler)
        );
        assert_eq!(shown_by(handler.clone()), shown_by(router), "{first:?}, then {second:?}");
        assert!(shown_by(service).contains(shown), "{first:?}, then {second:?}, of a service");
    }
}
