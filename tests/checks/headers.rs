//! `req.header(name)` as Node joins it.

use super::{Data, ask};
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Request};
use http_body_util::BodyExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};

const NAMES: [&str; 8] =
    ["accept", "authorization", "cookie", "host", "user-agent", "x-a", "x-b", "x-forwarded-for"];
/// Of these Node keeps the first value.
const FIRST: [&str; 3] = ["authorization", "host", "user-agent"];

async fn headers(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&NAMES.map(|name| req.header(name)))
}

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let router = ApiRouter::new().route("/", headers);
    let mut request = Request::get("/").body(Body::empty()).expect("a request");
    let mut expected: [Option<String>; NAMES.len()] = Default::default();
    while !data.is_empty() {
        let (at, length) = (data.below(NAMES.len()), data.below(8));
        let value = data.bytes(length);
        let Ok(header) = HeaderValue::from_bytes(value) else { continue };
        request.headers_mut().append(HeaderName::from_static(NAMES[at]), header);
        // Node's strings are Latin-1.
        let text: String = value.iter().map(|byte| char::from(*byte)).collect();
        let joint = if NAMES[at] == "cookie" { "; " } else { ", " };
        expected[at] = Some(match expected[at].take() {
            None => text,
            Some(first) if FIRST.contains(&NAMES[at]) => first,
            Some(before) => before + joint + &text,
        });
    }
    let body = ask(&router, request).into_body().collect().now_or_never().expect("a body in memory");
    let body = body.expect("a whole body").to_bytes();
    let seen: [Option<String>; NAMES.len()] = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(seen, expected);
}
