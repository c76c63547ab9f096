//! Errors that layers and bodies make: what `map_error`, `on_error` and the log get of them.

use crate::common::log::{Event, Log};
use crate::common::{AnyService, any, call, get, post_to, read, read_broken};
use crate::ways::ways_in_a_router;
use http::header::{CONTENT_ENCODING, HeaderName};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer as _, Service, ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, BoxError, Error, HandlerExt as _,
    MatchedRoute, MaxDurationLayer, ResponseLimitLayer, Result, Route, RouteConfig,
};
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Level;

const DEADLINE: Duration = Duration::from_millis(100);

/// Reads its body, and does what the path says.
async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    match req.uri().path().rsplit('/').next() {
        Some("slow") => {
            sleep(DEADLINE * 2).await;
            res.end()
        }
        Some("large") => res.send("x".repeat(2000)),
        Some("cut") => res.stream(|mut body| async move {
            body.write("first").await?;
            sleep(DEADLINE * 2).await;
            Ok(())
        }),
        Some("breaks") => res.stream(|mut body| async move {
            body.write("first").await?;
            Err(std::io::Error::other("the disk is gone").into())
        }),
        _ => res.end(),
    }
}

/// The same as a service that knows nothing of handlers.
fn foreign() -> AnyService {
    let broken = || futures_util::stream::iter([Ok("first"), Err(BoxError::from("the disk is gone"))]);
    any(service_fn(move |request: Request<Body>| async move {
        match request.uri().path().rsplit('/').next() {
            Some("breaks") => Ok::<_, Infallible>(Response::new(Body::from_stream(broken()))),
            Some("cut") => {
                let pieces = futures_util::stream::unfold(0, |at| async move {
                    sleep(DEADLINE * 2 * at).await;
                    Some((Ok::<_, Infallible>("first"), at + 1))
                });
                Ok(Response::new(Body::from_stream(pieces)))
            }
            _ => handler.into_service().oneshot(request).await,
        }
    }))
}

/// What `on_error` was told.
type Seen = Arc<Mutex<Vec<String>>>;

fn seen() -> (Seen, Seen) {
    let seen = Seen::default();
    (Arc::clone(&seen), seen)
}

fn take(seen: &Seen) -> Vec<String> {
    std::mem::take(&mut *seen.lock().unwrap())
}

/// A router with an envelope around every error, and a list of them.
fn hooked() -> (ApiRouter, Seen) {
    let (list, seen) = seen();
    let router = ApiRouter::new()
        .map_error(|error, _| Error::json(error.status(), &serde_json::json!({ "error": error.message() })))
        .on_error(move |error, request| {
            let route = request.route.unwrap_or("-");
            list.lock().unwrap().push(format!("{} {} {route}", error.status().as_u16(), request.path()));
        });
    (router, seen)
}

fn line(event: &Event) -> String {
    ["message", "http.request.method", "url.path", "http.route"].map(|name| event.field(name)).join(" ")
}

fn too_long(path: &str) -> Request<Body> {
    post_to(path, "text/plain", "x".repeat(20))
}

#[tokio::test(start_paused = true)]
async fn layer_responses_pass_the_hooks() {
    let log = Log::capture();
    let small = || RouteConfig::new().size_limit("10b").max_duration(DEADLINE);
    let layers = || {
        ServiceBuilder::new()
            .layer(MaxDurationLayer::new(DEADLINE))
            .layer(BodyParserLayer::new().size_limit("10b"))
    };
    let (router, seen) = hooked();
    let router = router
        .expose_matched_route(true)
        .route("/config/[x]", handler.config(small()))
        .route("/service/[x]", handler.into_service().config(small()))
        .route("/layers/[x]", layers().service(handler.into_service()))
        .route("/layer/[x]", small().layer(handler.into_service()))
        .route("/foreign/[x]", foreign().config(small()))
        .route("/foreign-layers/[x]", layers().service(foreign()));
    for route in ["config", "service", "layers", "layer", "foreign", "foreign-layers"] {
        let path = |last: &str| format!("/{route}/{last}");
        let wrong_charset = post_to(&path("1"), "text/plain; charset=none", "x");
        let bad_json = post_to(&path("1"), "application/json", "{");
        let cases = [
            (too_long(&path("1")), 413, r#"{"error":"Body exceeded 10b limit"}"#),
            (wrong_charset, 400, r#"{"error":"Invalid body"}"#),
            (bad_json, 400, r#"{"error":"Invalid JSON"}"#),
            (get(&path("slow")), 504, r#"{"error":"Gateway Timeout"}"#),
        ];
        for (request, status, envelope) in cases {
            let expected = format!("{status} {} /{route}/[x]", request.uri().path());
            let response = call(router.clone(), request).await;
            let matched = response.extensions().get::<MatchedRoute>().unwrap();
            assert_eq!(matched.as_str(), format!("/{route}/[x]"));
            assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8", "{route}");
            assert_eq!(read(response).await, (status, envelope.into()), "{route}");
            assert_eq!(take(&seen), [expected], "{route}");
            let errors = log.take(Level::ERROR);
            let lines: Vec<_> = errors.iter().map(line).collect();
            let logged = (status == 504).then(|| format!("API route failed GET /{route}/slow /{route}/[x]"));
            assert_eq!(lines, Vec::from_iter(logged), "{route}, {status}");
        }
    }
}

#[tokio::test]
async fn an_enforced_response_limit_passes_through_the_hooks() {
    let log = Log::capture();
    let (router, seen) = hooked();
    let limit = || ResponseLimitLayer::new().response_limit("1kb").enforce_response_limit(true);
    let router = router
        .route("/handler/[x]", limit().layer(handler.into_service()))
        .route("/foreign/[x]", limit().layer(foreign()));
    for route in ["handler", "foreign"] {
        let path = format!("/{route}/large");
        let (status, body) = read(call(router.clone(), get(&path)).await).await;
        assert_eq!((status, &*body), (500, r#"{"error":"Internal Server Error"}"#), "{route}");
        assert_eq!(take(&seen), [format!("500 {path} /{route}/[x]")], "{route}");
        let errors = log.take(Level::ERROR);
        assert_eq!(errors.len(), 1, "{route}");
        assert_eq!(errors[0].field("error"), "the response exceeded its limit of 1kb", "{route}");
    }
}

#[tokio::test]
async fn outer_layer_headers_are_kept() {
    let header = |name| {
        SetResponseHeaderLayer::overriding(HeaderName::from_static(name), HeaderValue::from_static("1"))
    };
    let inner = || BodyParserLayer::new().size_limit("10b").layer(handler.into_service());
    let cors_and_encoding = ServiceBuilder::new()
        .layer(header("access-control-allow-origin"))
        .layer(header("content-encoding"))
        .service(inner());
    let teapot = ServiceBuilder::new()
        .map_response(|mut response: Response<_>| {
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response
        })
        .service(inner());
    let (router, seen) = hooked();
    let router = router.route("/headers", cors_and_encoding).route("/teapot", teapot);

    let response = call(router.clone(), too_long("/headers")).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "1");
    assert!(!response.headers().contains_key(CONTENT_ENCODING), "the new body is not encoded");
    assert_eq!(read(response).await, (413, r#"{"error":"Body exceeded 10b limit"}"#.into()));
    assert_eq!(take(&seen).len(), 1);

    let response = call(router, too_long("/teapot")).await;
    assert_eq!(read(response).await, (418, "Body exceeded 10b limit".into()));
    assert_eq!(take(&seen).len(), 0);
}

#[tokio::test]
async fn layer_response_stays_without_map_error() {
    let compressed = ServiceBuilder::new()
        .map_response(|response: Response<_>| {
            let (mut parts, _) = response.into_parts();
            parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("x"));
            Response::from_parts(parts, Body::from("compressed"))
        })
        .service(BodyParserLayer::new().size_limit("10b").layer(handler.into_service()));
    let (list, seen) = seen();
    let router = ApiRouter::new()
        .on_error(move |error, _| list.lock().unwrap().push(error.to_string()))
        .route("/", compressed.clone());
    for router in [router, ApiRouter::new().route("/", compressed)] {
        let response = call(router, too_long("/")).await;
        assert_eq!(response.headers()[CONTENT_ENCODING], "x");
        assert_eq!(read(response).await, (413, "compressed".into()));
    }
    assert_eq!(take(&seen), ["413 Payload Too Large: Body exceeded 10b limit"]);
}

#[tokio::test(start_paused = true)]
async fn broken_stream_is_logged_and_seen_once() {
    let log = Log::capture();
    let config = || RouteConfig::new().max_duration(DEADLINE);
    let deadline = || MaxDurationLayer::new(DEADLINE);
    let (router, seen) = hooked();
    let routes = router
        .route("/handler/[x]", handler.config(config()))
        .route("/foreign/[x]", foreign().config(config()))
        .route("/layer/[x]", deadline().layer(handler.into_service()))
        .route("/foreign-layer/[x]", deadline().layer(foreign()))
        .route(
            "/inner/[x]",
            deadline().layer(handler.config(RouteConfig::new().size_limit("1kb")).into_service()),
        );
    let (router, seen_by_default) = hooked();
    let defaults =
        router.config(config()).route("/default/[x]", handler).route("/foreign-default/[x]", foreign());
    let (router, seen_in_fallback) = hooked();
    let fallback = router.config(config()).fallback(foreign());
    let cases = [
        ("handler", &routes, &seen),
        ("foreign", &routes, &seen),
        ("layer", &routes, &seen),
        ("foreign-layer", &routes, &seen),
        ("inner", &routes, &seen),
        ("default", &defaults, &seen_by_default),
        ("foreign-default", &defaults, &seen_by_default),
        ("fallback", &fallback, &seen_in_fallback),
    ];
    for (name, router, seen) in cases {
        for (last, cause) in
            [("breaks", "the disk is gone"), ("cut", "the response took longer than its `max_duration`")]
        {
            let route = if name == "fallback" { "-".into() } else { format!("/{name}/[x]") };
            let path = format!("/{name}/{last}");
            let (status, text) = read_broken(call(router.clone(), get(&path)).await).await;
            assert_eq!((status, text), (200, format!("first !! {cause}")), "{name}");
            let errors = log.take(Level::ERROR);
            let lines: Vec<_> = errors.iter().map(line).collect();
            assert_eq!(lines, [format!("API stream broke off GET {path} {route}")], "{name}");
            assert!(errors[0].field("error").contains(cause), "{name}: {errors:?}");
            assert_eq!(take(seen), [format!("500 {path} {route}")], "{name}");
        }
    }
}

#[tokio::test]
async fn every_warning_has_method_path_and_route() {
    async fn late(_: ApiRequest, res: ApiResponse) -> Result {
        let (responder, pending) = res.detach();
        tokio::spawn(async move {
            tokio::task::yield_now().await;
            responder.respond(ApiResponse::end)
        });
        Ok(pending)
    }
    async fn streams(_: ApiRequest, res: ApiResponse) -> Result {
        res.stream(|mut body| async move { Ok(body.write("x".repeat(2000)).await?) })
    }
    let log = Log::capture();
    let limit = || RouteConfig::new().response_limit("1kb");
    let layer = || ResponseLimitLayer::new().response_limit("1kb");
    let too_large = "API response exceeds the limit";
    let routes = [
        ("late", late.config(RouteConfig::new()), "API resolved without sending a response"),
        ("large", handler.config(limit()), too_large),
        ("streams", streams.config(limit()), too_large),
        ("layer", layer().layer(handler.into_service()).config(RouteConfig::new()), too_large),
        ("layer-streams", layer().layer(streams.into_service()).config(RouteConfig::new()), too_large),
        ("foreign", foreign().config(limit()), too_large),
    ];
    for (name, route, message) in routes {
        let path = format!("/{name}/large");
        let services = [
            ("-".to_owned(), any(ApiRouter::new().fallback(route.clone()))),
            (format!("/{name}/[x]"), any(ApiRouter::new().route(&format!("/{name}/[x]"), route))),
        ];
        for (route, service) in services {
            read(call(service, get(&path)).await).await;
            let warnings = log.warnings();
            assert_eq!(warnings.len(), 1, "{name}, {route}");
            assert!(warnings[0].message().contains(message), "{name}");
            let fields =
                ["http.request.method", "url.path", "http.route"].map(|field| warnings[0].field(field));
            assert_eq!(fields, ["GET", &path, &route], "{name}");
        }
    }
}

/// A handler that sends what a service responds.
fn handler_of<S>(service: S) -> Route
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
        + Copy
        + Send
        + Sync
        + 'static,
{
    tower_api_routes::handler(move |req: ApiRequest<Body>, res: ApiResponse| async move {
        res.forward(service.oneshot(req.into_request()).await?)
    })
}

#[tokio::test]
async fn enforced_limit_ends_the_body_for_good() {
    let declares = service_fn(|request: Request<Body>| async move {
        let pieces = futures_util::stream::iter((0..3).map(|_| Ok::<_, Infallible>("x".repeat(500))));
        let mut response = Response::new(Body::from_stream(pieces));
        if request.uri().path() == "/declared" {
            response.headers_mut().insert("content-length", HeaderValue::from_static("1500"));
        }
        Ok::<_, Infallible>(response)
    });
    let config = RouteConfig::new().response_limit("1kb").enforce_response_limit(true);
    let layer = ResponseLimitLayer::new().response_limit("1kb").enforce_response_limit(true);
    for (name, service) in
        ways_in_a_router("/[path]", &config, &layer, handler_of(declares), Some(any(declares)))
    {
        let refused = call(service, get("/declared")).await;
        assert_eq!(read(refused).await, (500, "Internal Server Error".into()), "{name}");
    }

    let mut body = layer.layer(declares).oneshot(get("/")).await.unwrap().into_body();
    let mut frames = Vec::new();
    for _ in 0..5 {
        frames.push(body.frame().await.map(|frame| frame.map(|frame| frame.into_data().unwrap().len()).ok()));
    }
    assert_eq!(frames, [Some(Some(500)), Some(Some(500)), Some(None), None, None]);
    assert!(http_body::Body::is_end_stream(&body));
}

#[tokio::test(start_paused = true)]
async fn layer_504_names_the_route() {
    let log = Log::capture();
    let api = ApiRouter::new().route("/api/[x]", handler).route("/foreign/[x]", foreign());
    let service = MaxDurationLayer::new(DEADLINE).layer(api);
    for (path, route) in [("/api/slow", "/api/[x]"), ("/foreign/slow", "/foreign/[x]")] {
        let response = call(service.clone(), get(path)).await;
        assert_eq!(response.status(), 504);
        assert_eq!(response.extensions().get::<MatchedRoute>().map(MatchedRoute::as_str), Some(route));
        let errors = log.take(Level::ERROR);
        assert_eq!(
            errors.iter().map(line).collect::<Vec<_>>(),
            [format!("API route failed GET {path} {route}")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn layer_cut_stream_is_logged_with_route() {
    let log = Log::capture();
    let api = ApiRouter::new().route("/api/[x]", handler).route("/foreign/[x]", foreign());
    let service = MaxDurationLayer::new(DEADLINE).layer(api);
    for (path, route) in [("/api/cut", "/api/[x]"), ("/foreign/cut", "/foreign/[x]")] {
        let (status, text) = read_broken(call(service.clone(), get(path)).await).await;
        assert_eq!(
            (status, &*text),
            (200, "first !! the response took longer than its `max_duration`"),
            "{path}"
        );
        let errors = log.take(Level::ERROR);
        let lines: Vec<_> = errors.iter().map(line).collect();
        assert_eq!(lines, [format!("API stream broke off GET {path} {route}")]);
    }
}
