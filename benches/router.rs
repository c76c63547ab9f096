//! One look-up, ours beside matchit's own, and a call through axum's router; and the building of the table.

#![allow(missing_docs)] // `criterion_group` makes a public function

mod common;
#[allow(dead_code, unreachable_pub)]
#[path = "compare/src/lib.rs"]
mod compare;

use compare::{run, tables};
use criterion::{Criterion, criterion_group, criterion_main};
use http::{Request, Uri};
use std::hint::black_box;
use tower_api_routes::Body;

fn router(c: &mut Criterion) {
    for routes in [10, 130, 1_000, 10_000] {
        let (ours, matchit, mut axum) = (tables::ours(routes), tables::matchit(routes), tables::axum(routes));
        let mut ours_called = ours.clone();
        for kind in tables::Kind::ALL.into_iter().filter(|kind| routes != 130 || kind.name() != "catch-all") {
            let uri: Uri = tables::path(routes, kind).parse().expect("a path");
            let request = |uri: &Uri| Request::get(uri.clone());
            let case = format!("{}/{routes}", kind.name());
            common::compare(
                c,
                "look-up",
                &case,
                vec![
                    ("ours", Box::new(|| _ = black_box(ours.route_for(black_box(&uri))))),
                    ("matchit", Box::new(|| drop(black_box(matchit.at(black_box(&uri).path()))))),
                ],
            );
            common::compare(
                c,
                "call",
                &case,
                vec![
                    (
                        "ours",
                        Box::new(|| {
                            let request = request(&uri).body(Body::empty()).expect("a request");
                            drop(black_box(run::call(&mut ours_called, request)));
                        }),
                    ),
                    (
                        "axum",
                        Box::new(|| {
                            let request = request(&uri).body(axum::body::Body::empty()).expect("a request");
                            drop(black_box(run::call(&mut axum, request)));
                        }),
                    ),
                ],
            );
        }
    }
}

/// From the first route to the first look-up.
fn build(c: &mut Criterion) {
    let uri = Uri::from_static("/api/nothing");
    for routes in [1_000, 10_000] {
        common::compare(
            c,
            "build",
            &routes.to_string(),
            vec![
                ("ours", Box::new(|| _ = black_box(tables::ours(routes).route_for(&uri).is_some()))),
                ("matchit", Box::new(|| _ = black_box(tables::matchit(routes).at("/api/nothing").is_ok()))),
            ],
        );
    }
}

criterion_group!(benches, router, build);
criterion_main!(benches);
