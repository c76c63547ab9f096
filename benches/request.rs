//! The routes of `compare/src/lib.rs` in process, the making of the request included: ours, axum, and a bare service that does the same work.

#![allow(missing_docs)] // `criterion_group` makes a public function

mod common;
#[allow(dead_code, unreachable_pub)]
#[path = "compare/src/lib.rs"]
mod compare;

use compare::model::Route;
use compare::{axum, bare, ours, run};
use criterion::{Criterion, criterion_group, criterion_main};
use http_body_util::Full;
use std::hint::black_box;
use tower::service_fn;
use tower_api_routes::Body;

fn request(c: &mut Criterion) {
    let (mut ours, mut without_etag) = (ours::router(), ours::router_without_etag());
    let (mut axum, mut bare) = (axum::router(), service_fn(bare::service));
    for route in Route::ALL {
        common::compare(
            c,
            "request",
            route.name(),
            vec![
                ("ours", Box::new(|| drop(black_box(run::call(&mut ours, route.request(Body::from)))))),
                (
                    "axum",
                    Box::new(|| {
                        drop(black_box(run::call(&mut axum, route.request(::axum::body::Body::from))));
                    }),
                ),
                ("bare", Box::new(|| drop(black_box(run::call(&mut bare, route.request(Full::new)))))),
                (
                    "ours without the ETag",
                    Box::new(|| drop(black_box(run::call(&mut without_etag, route.request(Body::from))))),
                ),
            ],
        );
    }
}

criterion_group!(benches, request);
criterion_main!(benches);
