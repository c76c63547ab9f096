//! Each layer alone and all of them, around a service that responds at once; beside none, and tower-http's nearest.

#![allow(missing_docs)] // `criterion_group` makes a public function

mod common;
#[allow(dead_code, unreachable_pub)]
#[path = "compare/src/lib.rs"]
mod compare;

use compare::model::OTHER_ORIGIN;
use compare::{run, stack};
use criterion::{Criterion, criterion_group, criterion_main};
use http::header::ORIGIN;
use http::{HeaderValue, Request, Response, StatusCode};
use std::convert::Infallible;
use std::hint::black_box;
use std::time::Duration;
use tower::{Layer, Service, service_fn};
use tower_api_routes::cors::CorsLayer;
use tower_api_routes::{
    ApiCorsLayer, Body, BodyParserLayer, ExternalResolverLayer, MaxDurationLayer, ResponseLimitLayer,
    RouteConfig,
};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

async fn small<B>(_: Request<B>) -> Result<Response<Body>, Infallible> {
    Ok(Response::new(Body::from("small")))
}

/// One call after the other.
fn calls<'a, S, R>(mut service: S) -> Box<dyn FnMut() + 'a>
where
    S: Service<Request<Body>, Response = Response<R>, Error = Infallible> + 'a,
    R: http_body::Body<Data = bytes::Bytes, Error: std::fmt::Debug> + Unpin,
{
    Box::new(move || {
        // A page of another origin asks, for the sake of CORS.
        let mut request = Request::new(Body::from("small"));
        request.headers_mut().insert(ORIGIN, HeaderValue::from_static(OTHER_ORIGIN));
        drop(black_box(run::call(&mut service, request)));
    })
}

fn layers(c: &mut Criterion) {
    // The timer of a deadline wants a runtime around it.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let _guard = runtime.enter();
    let second = Duration::from_secs(1);
    let none = || ("none", calls(service_fn(small)));
    let limit = calls(RequestBodyLimitLayer::new(1 << 20).layer(service_fn(small)));
    let timeout = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, second);
    let config = RouteConfig::new().size_limit("1mb").external_resolver(true).max_duration_secs(1);
    let config = config.response_limit("4mb");
    let cors = CorsLayer::new().allow_origin(HeaderValue::from_static(OTHER_ORIGIN));
    let cases: Vec<(&str, Vec<common::Subject<'_>>)> = vec![
        (
            "body parser",
            vec![
                ("ours", calls(BodyParserLayer::new().layer(service_fn(small)))),
                none(),
                ("tower-http's limit", limit),
            ],
        ),
        ("response limit", vec![("ours", calls(ResponseLimitLayer::new().layer(service_fn(small)))), none()]),
        (
            "external resolver",
            vec![("ours", calls(ExternalResolverLayer::new().layer(service_fn(small)))), none()],
        ),
        (
            "max duration",
            vec![
                ("ours", calls(MaxDurationLayer::new(second).layer(service_fn(small)))),
                none(),
                ("tower-http's timeout", calls(timeout.layer(service_fn(small)))),
            ],
        ),
        (
            "max duration, eight times",
            vec![
                ("ours", calls(stack::eight(MaxDurationLayer::new(second)).service(service_fn(small)))),
                none(),
                ("tower-http's timeout", calls(stack::eight(timeout).service(service_fn(small)))),
            ],
        ),
        (
            "cors",
            vec![
                ("ours", calls(ApiCorsLayer::new(cors.clone()).layer(service_fn(small)))),
                none(),
                ("tower-http's", calls(cors.layer(service_fn(small)))),
            ],
        ),
        (
            "a stack of four",
            vec![
                ("ours", calls(stack::ours().service(service_fn(small)))),
                ("RouteConfig", calls(config.clone().layer(service_fn(small)))),
                none(),
                ("tower-http's two", calls(stack::tower_http().service(service_fn(small)))),
            ],
        ),
        ("all by RouteConfig", vec![("ours", calls(config.layer(service_fn(small)))), none()]),
        (
            "RouteConfig without a field",
            vec![("ours", calls(RouteConfig::new().layer(service_fn(small)))), none()],
        ),
    ];
    for (case, subjects) in cases {
        common::compare(c, "layers", case, subjects);
    }
}

criterion_group!(benches, layers);
criterion_main!(benches);
