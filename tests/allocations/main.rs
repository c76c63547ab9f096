//! Allocations, counted by a global allocator: a process of its own.

mod stream;

use allocation_counter::measure;
use futures_util::FutureExt as _;
use http::Request;
use std::convert::Infallible;
use tower::{Layer as _, Service as _, ServiceExt as _};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, HandlerExt as _, ParsedBody, RawBody, Result,
    RouteConfig,
};

async fn small(_req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.send("small")
}

#[test]
fn cloned_parsed_body_shares_the_value() {
    let strings: Vec<String> = (0..20_000).map(|i| i.to_string()).collect();
    let form = (0..20_000).map(|i| format!("name{i}=value")).collect::<Vec<_>>().join("&");
    let cases = [
        ("application/json", serde_json::to_string(&strings).unwrap()),
        ("application/x-www-form-urlencoded", form),
        ("text/plain", strings.join(" ")),
    ];
    for (content_type, body) in cases {
        let inner = tower::service_fn(|request: Request<Body>| async move {
            let body = request.extensions().get::<ParsedBody>().unwrap().clone();
            Ok::<_, Infallible>(http::Response::new(Body::default())).map(|mut response| {
                response.extensions_mut().insert(body);
                response
            })
        });
        let request = Request::post("/").header("content-type", content_type).body(Body::from(body)).unwrap();
        let response = BodyParserLayer::new().layer(inner).oneshot(request).now_or_never().unwrap().unwrap();
        let body: &ParsedBody = response.extensions().get().unwrap();
        assert_ne!(*body, ParsedBody::Undefined);
        assert_eq!(measure(|| drop(body.clone())).count_total, 0, "{content_type}");
    }
}

#[test]
fn what_is_switched_off_allocates_nothing() {
    // The head that request and response share, the handler's future, three for the first entry in the response's extensions,
    // and two for a first header.
    const BARE: u64 = 5;
    const ETAG: u64 = 3;
    let config = RouteConfig::new;
    let cases = [
        ("all defaults", config(), BARE + ETAG),
        ("no ETag", config().etag(false), BARE),
        ("no response limit", config().no_response_limit(), BARE + ETAG),
        ("no parser", config().body_parser(false), BARE + ETAG),
        ("a resolver outside", config().external_resolver(true), BARE + ETAG),
        ("none of them", config().etag(false).no_response_limit().body_parser(false), BARE),
        ("a deadline: its timer", config().etag(false).max_duration_secs(1), BARE + 1),
    ];
    // The timer of a deadline wants a runtime around it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _guard = runtime.enter();
    for (case, config, most) in cases {
        let mut api = ApiRouter::new().route("/api/small", small.config(config));
        let mut run = || {
            let request = Request::get("/api/small").body(Body::empty()).unwrap();
            measure(|| drop(api.call(request).now_or_never().unwrap())).count_total
        };
        run(); // builds the table
        let allocations = run();
        assert!(allocations <= most, "{case}: {allocations} allocations, {most} at most");
    }
}
