//! What is equal by value, and has a name of its own.

use super::{noted, settled};
use crate::support::{Origin, Reply, front};
use serde_json::json;
use tower::Layer as _;
use tower_api_routes::shadow::{Comparison, Kinds};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Cookie, Result, ShadowLayer};

async fn event(_req: ApiRequest, res: ApiResponse) -> Result {
    let json = r#"{"id":1,"at":"2026-01-01T00:00:00Z","tags":["b","a"]}"#;
    res.set_header("content-type", "application/json").send(json)
}

async fn login(_req: ApiRequest, res: ApiResponse) -> Result {
    let cookie = Cookie::build(("session", "new")).path("/").http_only(true).secure(true);
    res.cookie(cookie).json(&json!({}))
}

async fn old() -> Origin {
    Origin::start(|_, request| {
        let (headers, body) = match request.split(' ').nth(1).unwrap() {
            "/api/login" => ("set-cookie: session=old; Secure; HttpOnly; Path=/\r\netag: \"x\"\r\n", "{}"),
            _ => ("etag: \"x\"\r\n", r#"{"at":"2026-01-01T00:00:00.000Z","id":1,"tags":["a","b"]}"#),
        };
        let json = "content-type: application/json\r\n";
        Reply::send(&format!(
            "HTTP/1.1 200 OK\r\n{json}{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        ))
    })
    .await
}

#[tokio::test]
async fn other_forms_are_equal_and_named() {
    let old = old().await;
    let comparison = Comparison::new().unordered_json("$.tags").ignore_cookie_value("session");
    let headers = [http::header::SET_COOKIE, http::header::ETAG];
    let (shadow, reports) = noted(ShadowLayer::new(old.proxy()).compare_by(comparison.headers(headers)));
    let api = ApiRouter::new().route("/api/event", event).route("/api/login", login);
    let front = front(shadow.layer(api)).await;
    front.get("/api/event").await;
    assert_eq!(settled(&shadow, 1).await, [1, 0, 0, 0]);
    assert_eq!(
        reports.lock().unwrap().pop().unwrap(),
        "[/api/event] GET /api/event\n  \
         form of a date: $.at: old \"2026-01-01T00:00:00.000Z\", new \"2026-01-01T00:00:00Z\"\n  \
         order of keys: $\n  etag of another form"
    );
    assert_eq!(shadow.counts().other_form, 1);
    // A login is equal but for the order of its attributes.
    front.get("/api/login").await;
    settled(&shadow, 2).await;
    let report = reports.lock().unwrap().pop().unwrap();
    assert!(!report.contains("set-cookie"), "{report}");
}

#[test]
fn a_thousand_reports_have_three_kinds() {
    let response = |body: String| {
        let response = http::Response::builder().header("content-type", "application/json");
        response.body(bytes::Bytes::from(body)).unwrap()
    };
    let mut kinds = Kinds::default();
    for number in 0..1000 {
        let old = format!(r#"[{{"id":{number},"at":"2026-01-01T00:00:00.000Z","x":1}}]"#);
        let new = format!(r#"[{{"at":"2026-01-01T00:00:00Z","id":{number},"x":{}}}]"#, number % 2);
        let compared = Comparison::new().compare(&response(old), &response(new));
        kinds.add(&compared.differences, &compared.forms);
    }
    assert_eq!(kinds.to_string(), "1000 form of a date\n1000 order of keys\n500 $[*].x");
}
