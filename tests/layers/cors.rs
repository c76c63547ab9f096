//! CORS: opt-in, and the layer responds to a real preflight only.

use crate::common;
use crate::common::net::{self, Protocol};
use crate::common::{AnyService, any, call, get, read};
use crate::ways::ways_in_a_router;
use http::{HeaderMap, Method, Request, Response};
use std::convert::Infallible;
use tower::layer::util::Identity;
use tower::{Layer as _, service_fn};
use tower_api_routes::cors::{AllowOrigin, Any, ApiCorsLayer, CorsLayer};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, Error, HandlerExt as _, Methods, Result,
    RouteConfig, methods,
};

const ORIGIN: &str = "https://example.com";

fn cors() -> CorsLayer {
    let origin = AllowOrigin::exact(ORIGIN.parse().unwrap());
    CorsLayer::new().allow_origin(origin).allow_methods([Method::GET, Method::POST])
}

fn config() -> RouteConfig {
    RouteConfig::new().cors(cors())
}

/// Says which method has reached it.
async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.method().to_string())
}

/// A route that has no handler for OPTIONS.
fn table() -> Methods {
    methods().get(show).post(show)
}

fn foreign() -> AnyService {
    any(service_fn(|request: Request<Body>| async move {
        Ok::<_, Infallible>(Response::new(Body::from(request.method().to_string())))
    }))
}

fn request(method: &str, headers: &[(&'static str, &'static str)]) -> Request<Body> {
    let mut request = get("/api/x");
    *request.method_mut() = method.parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

fn preflight() -> Request<Body> {
    request("OPTIONS", &[("origin", ORIGIN), ("access-control-request-method", "POST")])
}

fn has_cors(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| name.as_str().starts_with("access-control-"))
}

/// The ways to ask for CORS, each with what OPTIONS makes of its route.
fn ways() -> Vec<(&'static str, AnyService, &'static str)> {
    let api = || ApiRouter::new();
    let layer = ApiCorsLayer::new(cors());
    let of_a_handler = ways_in_a_router("/api/x", &config(), &layer, show, Some(foreign()));
    let of_methods = ways_in_a_router("/api/x", &config(), &layer, table(), None);
    let with = |options| move |(way, service)| (way, service, options);
    let mut ways: Vec<_> = of_a_handler.into_iter().map(with("OPTIONS")).collect();
    ways.extend(of_methods.into_iter().map(with("")));
    let one_of_them = methods().get(show).post(show.config(config()));
    let own_options = api().config(config()).route("/api/x", table().options(show));
    ways.extend([
        ("one method's configuration", any(api().route("/api/x", one_of_them)), ""),
        ("a method for OPTIONS of its own", any(own_options), "OPTIONS"),
        ("a handler that is a service", any(show.config(config()).into_service()), "OPTIONS"),
    ]);
    ways
}

#[tokio::test]
async fn only_real_preflights_skip_the_handler() {
    for (way, service, options) in ways() {
        let response = call(service.clone(), preflight()).await;
        let headers = response.headers();
        assert_eq!(headers["access-control-allow-origin"], ORIGIN, "{way}");
        assert_eq!(headers["access-control-allow-methods"], "GET,POST", "{way}");
        assert_eq!(read(response).await, (200, String::new()), "{way}: a preflight");

        let plain: [&[(&str, &str)]; 3] =
            [&[], &[("origin", ORIGIN)], &[("access-control-request-method", "POST")]];
        for headers in plain {
            let response = call(service.clone(), request("OPTIONS", headers)).await;
            assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN, "{way}: {headers:?}");
            assert!(!response.headers().contains_key("access-control-allow-methods"), "{way}: no preflight");
            let allow = response.headers().get("allow").map(|allow| allow.to_str().unwrap().to_owned());
            assert_eq!(allow.as_deref(), options.is_empty().then_some("GET, POST, HEAD, OPTIONS"), "{way}");
            let status = if options.is_empty() { 204 } else { 200 };
            assert_eq!(read(response).await, (status, options.into()), "{way}: {headers:?}");
        }

        let response = call(service.clone(), request("POST", &[("origin", ORIGIN)])).await;
        assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN, "{way}");
        assert_eq!(read(response).await, (200, "POST".into()), "{way}");
    }
}

#[tokio::test]
async fn without_it_no_header_ever_appears() {
    async fn fails(_: ApiRequest, _: ApiResponse) -> Result {
        Err(Error::new(403, "no"))
    }
    let elsewhere = ApiRouter::new().route("/api/y", show.config(config()));
    let services = [
        ("a handler", any(ApiRouter::new().route("/api/x", show))),
        ("methods", any(ApiRouter::new().route("/api/x", table()))),
        ("an error", any(ApiRouter::new().route("/api/x", fails))),
        ("a foreign service", any(ApiRouter::new().route("/api/x", foreign()))),
        ("a configuration without it", any(RouteConfig::new().max_duration_secs(5).layer(foreign()))),
        ("another route has it", any(elsewhere.clone().route("/api/x", table()))),
        ("another route has it, and this one is not there", any(elsewhere)),
    ];
    for (name, service) in services {
        for request in [preflight(), request("OPTIONS", &[]), request("GET", &[("origin", ORIGIN)])] {
            let response = call(service.clone(), request).await;
            assert!(!has_cors(response.headers()), "{name}: {response:?}");
        }
    }
}

#[tokio::test]
async fn errors_and_deadlines_have_the_headers_too() {
    async fn fails(req: ApiRequest, _: ApiResponse) -> Result {
        match req.query().get("how") {
            Some("panic") => panic!("on purpose"),
            Some("hang") => std::future::pending().await,
            _ => Err(Error::new(403, "no")),
        }
    }
    let config = config().max_duration(std::time::Duration::from_millis(20)).size_limit("1b");
    let services = [
        ("a handler", any(ApiRouter::new().route("/", fails.config(config.clone())))),
        ("a configuration's layer", any(config.layer(fails.into_service()))),
    ];
    for (name, service) in services {
        for (query, body, status) in
            [("/", "", 403), ("/?how=panic", "", 500), ("/?how=hang", "", 504), ("/", "too large", 413)]
        {
            let response = call(service.clone(), common::post_to(query, "text/plain", body)).await;
            assert_eq!(response.status(), status, "{name}, {query}");
            assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN, "{name}, {query}");
        }
    }
}

#[tokio::test]
async fn the_nearest_cors_wins() {
    let wide = RouteConfig::new().cors(CorsLayer::new().allow_origin(Any));
    let api = ApiRouter::new()
        .config(wide.clone())
        .route("/api/x", show.config(config()))
        .route("/api/y", show)
        .route("/api/z", methods().get(show.config(config())))
        .route("/api/route", methods().get(show.config(config())).config(wide.clone()))
        .route("/api/layer", methods().get(show.config(config())).layer(Identity::new()).config(wide));
    let cases = [("x", ORIGIN), ("y", "*"), ("z", ORIGIN), ("route", ORIGIN), ("layer", ORIGIN)];
    for (path, origin) in cases.map(|(path, origin)| (format!("/api/{path}"), origin)) {
        let response = call(api.clone(), get(&path)).await;
        assert_eq!(response.headers()["access-control-allow-origin"], origin, "{path}");
        assert_eq!(response.headers().get_all("access-control-allow-origin").iter().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn preflight_skips_the_handler_and_options_does_not() {
    let service = ApiCorsLayer::new(cors()).layer(BodyParserLayer::new().layer(foreign()));
    let mut bad = preflight();
    bad.headers_mut().insert("content-type", "application/json".parse().unwrap());
    *bad.body_mut() = "{".into();
    assert_eq!(call(service.clone(), bad).await.status(), 200);
    let mut bad = request("OPTIONS", &[("content-type", "application/json")]);
    *bad.body_mut() = "{".into();
    assert_eq!(call(service, bad).await.status(), 400);
}

#[tokio::test]
async fn the_response_names_its_route() {
    let api = ApiRouter::new().expose_matched_route(true).config(config()).route("/api/[x]", show);
    for request in [preflight(), request("OPTIONS", &[]), get("/api/x")] {
        let response = call(api.clone(), request).await;
        let route = response.extensions().get::<tower_api_routes::MatchedRoute>();
        assert_eq!(route.map(tower_api_routes::MatchedRoute::as_str), Some("/api/[x]"));
    }
}

#[tokio::test]
async fn router_responses_have_its_cors() {
    let api = ApiRouter::new().config(config()).route("/api/[x]", show);
    let cases = [
        (get("/elsewhere"), 404, "no route"),
        (get("/api/x/"), 308, "a path that is not normalized"),
        (get("/api/%"), 400, "an escape that is none"),
    ];
    for (plain, status, what) in cases {
        let mut preflight = preflight();
        *preflight.uri_mut() = plain.uri().clone();
        for (request, status) in [(plain, status), (preflight, 200)] {
            let response = call(api.clone(), request).await;
            assert_eq!(response.status(), status, "{what}");
            assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN, "{what}");
        }
    }
    let without = ApiRouter::new().route("/api/[x]", show.config(config()));
    assert!(!has_cors(call(without, get("/elsewhere")).await.headers()), "a route's CORS is its own");
}

#[tokio::test]
async fn over_a_socket() {
    let server = net::serve(ApiRouter::new().config(config()).route("/api/x", table())).await;
    for protocol in Protocol::BOTH {
        for (sent, status) in [(preflight(), 200), (request("OPTIONS", &[]), 204), (get("/api/x"), 200)] {
            let response = server.send(protocol, sent.map(|_| http_body_util::Full::default())).await;
            assert_eq!(response.status(), status, "{protocol:?}");
            assert_eq!(response.headers()["access-control-allow-origin"], ORIGIN, "{protocol:?}");
        }
    }
}

#[test]
fn other_tower_http_versions_are_not_needed() {
    // What users write: the layer comes from here, whatever version of tower-http they have themselves.
    let _: ApiCorsLayer = tower_api_routes::CorsLayer::permissive().into();
    let _: tower_http::cors::CorsLayer = tower_api_routes::cors::CorsLayer::new();
}

/// As the module's documentation says.
#[tokio::test]
async fn a_predicate_sees_the_head_of_the_request() {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let note = std::sync::Arc::clone(&seen);
    let origin = AllowOrigin::predicate(move |_, parts| {
        let asked = parts.headers.get("access-control-request-method").map(|method| method.to_str().unwrap());
        *note.lock().unwrap() = format!("{} {} {}", parts.method, parts.uri, asked.unwrap_or("-"));
        true
    });
    let service = ApiCorsLayer::new(CorsLayer::new().allow_origin(origin)).layer(foreign());
    let cases = [
        ("GET", None, "GET /a?b -", "GET"),
        ("DELETE", None, "DELETE /a?b -", "DELETE"),
        ("OPTIONS", Some("PUT"), "OPTIONS /a?b PUT", ""),
        ("OPTIONS", None, "GET /a?b -", "OPTIONS"),
    ];
    for (method, asked, parts, handled) in cases {
        let request = Request::builder().method(method).uri("/a?b").header("origin", ORIGIN);
        let request = asked
            .into_iter()
            .fold(request, |request, asked| request.header("access-control-request-method", asked));
        let response = call(service.clone(), request.body(Body::empty()).unwrap()).await;
        assert_eq!(read(response).await.1, handled, "{method}");
        assert_eq!(*seen.lock().unwrap(), parts, "{method} {asked:?}");
    }
}

/// Wherever the rules are, and however often: a header that is appended would be there twice.
#[tokio::test]
async fn the_rules_of_several_methods_are_applied_once() {
    let config = || RouteConfig::new().cors(cors().vary([http::header::ORIGIN]));
    let (plain, own) = (|| methods().get(show).post(show), || methods().get(show.config(config())));
    let api = ApiRouter::new;
    let cases = [
        ("of one method", api().route("/api/x", own().post(show))),
        ("of each method", api().route("/api/x", own().post(show.config(config())))),
        ("of the route", api().route("/api/x", plain().config(config()))),
        ("of a method and the route", api().route("/api/x", own().post(show).config(config()))),
        ("of the router", api().route("/api/x", plain()).config(config())),
        ("of all of them", api().route("/api/x", own().post(show).config(config())).config(config())),
    ];
    for (what, api) in cases {
        for method in ["GET", "POST", "DELETE"] {
            let response = call(api.clone(), request(method, &[("origin", ORIGIN)])).await;
            for (name, value) in [("access-control-allow-origin", ORIGIN), ("vary", "origin")] {
                let values: Vec<_> = response.headers().get_all(name).iter().collect();
                assert_eq!(values, [value], "{what}: {method}");
            }
        }
    }
}
