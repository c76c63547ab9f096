//! Bodies from 1 KiB to 1 MiB: JSON, forms and raw uploads.

#![allow(missing_docs)] // `criterion_group` makes a public function

mod common;
#[allow(dead_code, unreachable_pub)]
#[path = "compare/src/lib.rs"]
mod compare;

use bytes::Bytes;
use compare::model::{NewPost, Text, post_body};
use compare::run;
use criterion::{Criterion, criterion_group, criterion_main};
use http::Request;
use std::hint::black_box;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, ParsedBody, Result, RouteConfig,
};

const SIZES: [usize; 3] = [1 << 10, 64 << 10, 1 << 20];

async fn json(req: ApiRequest<NewPost>, res: ApiResponse) -> Result {
    black_box(req.body());
    res.end()
}

async fn form(req: ApiRequest<ParsedBody>, res: ApiResponse) -> Result {
    black_box(req.body());
    res.end()
}

async fn raw(mut req: ApiRequest<Body>, res: ApiResponse) -> Result {
    while let Some(chunk) = req.body_mut().chunk().await? {
        black_box(chunk);
    }
    res.end()
}

fn router() -> ApiRouter {
    let large = || RouteConfig::new().size_limit("4mb");
    ApiRouter::new()
        .route("/json", json.config(large()))
        .route("/form", form.config(large()))
        .route("/raw", raw.config(RouteConfig::new().body_parser(false)))
}

fn request<B>(path: &str, content_type: &str, body: B) -> Request<B> {
    Request::post(path).header("content-type", content_type).body(body).expect("a request")
}

fn axum_json() -> axum::Router {
    let end = |post: axum::Json<NewPost>| async move {
        black_box(&post.0);
    };
    let router = axum::Router::new().route("/json", axum::routing::post(end));
    router.layer(axum::extract::DefaultBodyLimit::disable())
}

fn bodies(c: &mut Criterion) {
    const JSON: &str = "application/json";
    const FORM: &str = "application/x-www-form-urlencoded";
    let (mut router, mut axum) = (router(), axum_json());
    for size in SIZES {
        let body = post_body(Text::Ascii, size);
        let mut ours = router.clone();
        common::compare(
            c,
            "json",
            &size.to_string(),
            vec![
                (
                    "ours",
                    Box::new(|| {
                        let request = request("/json", JSON, Body::from(body.clone()));
                        drop(black_box(run::call(&mut ours, request)));
                    }),
                ),
                (
                    "serde_json::from_slice",
                    Box::new(|| drop(black_box(serde_json::from_slice::<NewPost>(black_box(&body))))),
                ),
                (
                    "axum",
                    Box::new(|| {
                        let request = request("/json", JSON, axum::body::Body::from(body.clone()));
                        drop(black_box(run::call(&mut axum, request)));
                    }),
                ),
            ],
        );
        let text = "name=Ada+Lovelace&comment=It+works%2C+thanks&".repeat(size / 45);
        let body = Bytes::from(text);
        let mut ours = router.clone();
        common::compare(
            c,
            "form",
            &size.to_string(),
            vec![
                (
                    "ours",
                    Box::new(|| {
                        let request = request("/form", FORM, Body::from(body.clone()));
                        drop(black_box(run::call(&mut ours, request)));
                    }),
                ),
                (
                    "serde_urlencoded",
                    Box::new(|| {
                        let parsed = serde_urlencoded::from_bytes::<Vec<(String, String)>>(black_box(&body));
                        drop(black_box(parsed));
                    }),
                ),
            ],
        );
        let body = Bytes::from(vec![b'x'; size]);
        common::compare(
            c,
            "raw",
            &size.to_string(),
            vec![(
                "ours",
                Box::new(|| {
                    let request = request("/raw", JSON, Body::from(body.clone()));
                    drop(black_box(run::call(&mut router, request)));
                }),
            )],
        );
    }
}

criterion_group!(benches, bodies);
criterion_main!(benches);
