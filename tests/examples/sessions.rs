//! `examples/sessions.rs` reads the sessions that it sets.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/sessions.rs"]
mod example;

use crate::common::{call, read};
use http::{Method, Request, Response};
use serde_json::Value;
use tower_api_routes::{ApiRouter, Body, Sessions};

async fn send(api: &ApiRouter, line: &str, cookie: &str, body: &'static str) -> Response<Body> {
    let (method, path) = line.split_once(' ').unwrap();
    let request = Request::builder().method(method.parse::<Method>().unwrap()).uri(path);
    let request = request.header("cookie", cookie).header("content-type", "application/json");
    call(api.clone(), request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn a_session_is_set_read_and_rolled() {
    let api = example::router(Sessions::next_auth("secret").unwrap());
    let response = send(&api, "POST /api/sign-in", "", "").await;
    let line = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = line.split(';').next().unwrap();
    let cases = [
        ("GET /api/me", "", "", (401, "Unauthorized")),
        ("GET /api/me", cookie, "", (200, r#"{"name":"Ada"}"#)),
        ("POST /api/posts", "", r#"{"title":"x"}"#, (401, "Unauthorized")),
        ("POST /api/posts", cookie, r#"{"title":"x"}"#, (201, r#"{"author":"42","title":"x"}"#)),
        ("DELETE /api/posts/1", "", "", (401, "Unauthorized")),
        ("DELETE /api/posts/1", cookie, "", (403, "Forbidden")),
        ("POST /api/auth/signout", cookie, r#"{"csrfToken":"x"}"#, (403, "Invalid CSRF token")),
        ("GET /api/auth/session", "", "", (200, "{}")),
    ];
    for (line, cookie, body, (status, text)) in cases {
        let response = send(&api, line, cookie, body).await;
        assert!(!response.headers().contains_key("set-cookie"), "{line}");
        assert_eq!(read(response).await, (status, text.into()), "{line} {cookie}");
    }

    let response = send(&api, "GET /api/auth/session", cookie, "").await;
    let rolled = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert_eq!(response.headers()["cache-control"], "private, no-cache, no-store");
    let body: Value = serde_json::from_str(&read(response).await.1).unwrap();
    assert_eq!(body["user"], serde_json::json!({ "name": "Ada", "email": "ada@example.com" }));
    assert_eq!(body["expires"].as_str().unwrap().len(), "2027-01-01T00:00:00.000Z".len());
    let rolled = rolled.split(';').next().unwrap();
    assert_ne!(rolled, cookie);
    assert_eq!(send(&api, "GET /api/me", rolled, "").await.status(), 200);

    let response = send(&api, "GET /api/auth/session", "next-auth.session-token=forged", "").await;
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    assert_eq!(read(response).await, (200, "{}".into()));
}
