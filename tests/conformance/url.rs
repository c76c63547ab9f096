//! `req.url` as Next.js has it: recorded from a running one, with a base path, with `trailingSlash`, and without either.

use serde::Deserialize;
use tower::ServiceExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result, TrailingSlash};

#[derive(Deserialize)]
struct Case {
    base: String,
    slash: bool,
    target: String,
    url: String,
}

async fn seen(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.url())
}

#[tokio::test]
async fn request_url_is_that_of_next() {
    let cases = include_str!("../vectors/url.jsonl").lines().map(|line| serde_json::from_str(line).unwrap());
    let cases: Vec<Case> = cases.collect();
    assert_eq!(cases.len(), 279);
    for Case { base, slash, target, url } in cases {
        let mut api = ApiRouter::new().route("/api/seen", seen).route("/api/seen/[...path]", seen);
        if slash {
            api = api.trailing_slash(TrailingSlash::Require);
        }
        if !base.is_empty() {
            api = api.base_path(&base);
        }
        let request = http::Request::get(&target).body(Body::empty()).unwrap();
        let response = api.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200, "{target}");
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert_eq!(String::from_utf8_lossy(&body), url, "{target}");
    }
}
