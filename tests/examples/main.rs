//! The examples of this directory, started and asked over a socket, as their first lines say to.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/auth.rs"]
mod auth;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/axum.rs"]
mod axum_app;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/cors.rs"]
mod cors;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/hyper.rs"]
mod hyper_loop;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/quickstart.rs"]
mod quickstart;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/webhook.rs"]
mod webhook;

#[path = "../common/mod.rs"]
mod common;
mod compression;
mod guides;
mod layers;
mod limits;
mod overview;
mod request_helpers;
mod sessions;

use common::net::{self, Protocol};
use http_body_util::{BodyExt as _, Full};
use tokio::net::TcpListener;
use tower_api_routes::serve;

/// Serves an example until the end of the test.
struct Server(net::Server);

impl Server {
    async fn start<F>(run: impl FnOnce(TcpListener) -> F) -> Self
    where
        F: IntoFuture<Output = std::io::Result<()>, IntoFuture: Send + 'static>,
    {
        Self(net::Server::start(run).await)
    }

    async fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> TestResponse {
        let request = http::Request::builder().method(method).uri(target);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::<bytes::Bytes>::from(body.to_owned())).unwrap();
        let response = self.0.send(Protocol::Http1, request).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        TestResponse {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    /// Asks with JSON, and compares the status and the body.
    async fn check(&self, cases: &[(&str, &str, &str, u16, &str)]) {
        for (method, target, body, status, text) in cases {
            let response = self.ask(method, target, &[JSON], body).await;
            assert_eq!((response.status, &*response.body), (*status, *text), "{method} {target}");
        }
    }
}

struct TestResponse {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

impl TestResponse {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn quickstart_responds_as_the_readme_says() {
    let server = Server::start(|listener| serve(listener, quickstart::router())).await;
    let wrong = "Invalid body: title: invalid type: integer `1`, expected a string at line 1 column 10";
    let cases = [
        ("GET", "/api/hello", "", 200, r#"{"message":"Hello from Rust!"}"#),
        (
            "POST",
            "/api/post",
            r#"{"title":"First","tags":["a","b"]}"#,
            201,
            r#"{"id":1,"title":"First","tags":["a","b"]}"#,
        ),
        ("GET", "/api/post/1", "", 200, r#"{"id":1,"title":"First","tags":["a","b"]}"#),
        ("GET", "/api/post/9", "", 404, "there is no post 9"),
        ("GET", "/api/docs/a/b", "", 200, r#"{"path":["a","b"]}"#),
        ("GET", "/api/shop/a/b", "", 200, "Department: a > b"),
        ("POST", "/api/post", r#"{"title":1}"#, 422, wrong),
        ("GET", "/api/broken", "", 500, "Internal Server Error"),
    ];
    server.check(&cases).await;
}

#[tokio::test]
async fn axum_and_our_routes_share_an_app() {
    let server = Server::start(|listener| axum::serve(listener, axum_app::app())).await;
    let cases = [
        ("GET", "/users/7", "", 200, r#"{"user":7,"visit":1}"#),
        ("GET", "/api/post/8", "", 200, r#"{"post":"8","route":"/api/post/[pid]","visit":2}"#),
        ("GET", "/v2/post/9", "", 200, r#"{"post":"9","route":"/post/[pid]","visit":3}"#),
        ("GET", "/ping", "", 200, "pong"),
        ("POST", "/echo", r#"{"a": [1, 2]}"#, 200, r#"{"body":{"a":[1,2]},"kind":"object"}"#),
        ("POST", "/echo", "{", 400, "Invalid JSON"),
        ("GET", "/slow", "", 504, "Gateway Timeout"),
        ("GET", "/nothing", "", 404, "Not Found"),
    ];
    for (method, target, body, status, text) in cases {
        let response = server.ask(method, target, &[JSON], body).await;
        let same = match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => serde_json::from_str::<serde_json::Value>(&response.body).unwrap() == json,
            Err(_) => response.body == text,
        };
        assert!(
            same && response.status == status,
            "{method} {target}: {} {}",
            response.status,
            response.body
        );
    }
}

#[tokio::test]
async fn hyper_serves_the_router() {
    let server = Server::start(|listener| hyper_loop::run(listener, hyper_loop::router())).await;
    let hello = r#"{"message":"Hello from hyper!","version":"HTTP/1.1"}"#;
    server.check(&[("GET", "/api/hello", "", 200, hello), ("GET", "/api", "", 404, "Not Found")]).await;
    let response = server.ask("GET", "/api/hello/?a=1", &[], "").await;
    assert_eq!((response.status, response.header("location")), (308, Some("/api/hello?a=1")));
    let large = "x".repeat(2000);
    server.check(&[("POST", "/api/hello", &large, 413, "Body exceeded 1kb limit")]).await;
}

#[tokio::test]
async fn cors_is_each_routes_own() {
    let server = Server::start(|listener| serve(listener, cors::router())).await;
    let (front_end, evil) = ("https://app.example.com", "https://evil.example");
    let cases = [
        ("/api/private", front_end, None, None),
        ("/api/public", evil, Some("*"), None),
        ("/api/account", front_end, Some(front_end), Some("true")),
        ("/api/account", evil, None, Some("true")),
    ];
    for (target, origin, allowed, credentials) in cases {
        let response = server.ask("GET", target, &[("origin", origin)], "").await;
        assert_eq!(response.status, 200);
        assert_eq!(response.header("access-control-allow-origin"), allowed, "{target} from {origin}");
        assert_eq!(
            response.header("access-control-allow-credentials"),
            credentials,
            "{target} from {origin}"
        );
    }
    let asks = [("origin", front_end), ("access-control-request-method", "PUT")];
    let preflight = server.ask("OPTIONS", "/api/account", &asks, "").await;
    assert_eq!((preflight.status, preflight.header("access-control-allow-methods")), (200, Some("GET,PUT")));
    let plain = server.ask("OPTIONS", "/api/account", &asks[..1], "").await;
    assert_eq!((plain.status, plain.header("allow")), (204, Some("GET, PUT, HEAD, OPTIONS")));
}

#[tokio::test]
async fn a_webhook_is_taken_only_with_its_signature() {
    let server =
        Server::start(|listener| serve(listener, webhook::router("It's a Secret to Everybody"))).await;
    // The example of GitHub's documentation.
    let (body, good) =
        ("Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
    let upper = good.to_uppercase().replace("SHA256", "sha256");
    let cases = [
        (body, Some(good), 400, "Not an event with an action"), // signed, but no event
        (body, Some(&*upper), 400, "Not an event with an action"),
        ("Hello, World?", Some(good), 401, "Bad signature"),
        (body, Some(&good[..70]), 401, "Bad signature"),
        (body, Some(&good[..69]), 401, "Bad signature"),
        (body, Some("sha256="), 401, "Bad signature"),
        (body, Some("757107"), 401, "Bad signature"),
        (body, None, 401, "Bad signature"),
    ];
    for (body, signature, status, text) in cases {
        let header = signature.map(|signature| ("x-hub-signature-256", signature));
        let response = server.ask("POST", "/api/webhook", header.as_slice(), body).await;
        assert_eq!((response.status, &*response.body), (status, text), "{signature:?}");
    }
    // printf %s '{"action":"opened"}' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"
    let signature = "sha256=5ccdd8275f57d608741ad8390e42e8696ebfcd85607d9c2ef890769dda8f7568";
    let headers = [JSON, ("x-github-event", "issues"), ("x-hub-signature-256", signature)];
    assert_eq!(server.ask("POST", "/api/webhook", &headers, r#"{"action":"opened"}"#).await.status, 202);
}

#[tokio::test]
async fn only_a_session_opens_the_admins_routes() {
    let server =
        Server::start(|listener| serve(listener, auth::service("a key".into(), "s3cret".into()))).await;
    let wrong = server.ask("POST", "/api/login", &[JSON], r#"{"password":"guess"}"#).await;
    assert_eq!((wrong.status, wrong.header("set-cookie")), (401, None));
    let login = server.ask("POST", "/api/login", &[JSON], r#"{"password":"s3cret"}"#).await;
    let cookie = login.header("set-cookie").unwrap();
    assert_eq!(login.status, 204);
    let (session, attributes) = cookie.split_once("; ").unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=3600");

    let forged = session.replacen("session=Y", "session=Z", 1);
    assert_ne!(forged, session);
    let cases = [
        ("/api/open/1", None, 200),
        ("/api/admin/users", None, 401),
        ("/api/open/../admin/users", None, 401),
        ("/api/open/%2e%2e/admin/users", None, 401),
        ("/api/admin/users", Some(&*forged), 401),
        ("/api/admin/users", Some("session=."), 401),
        ("/api/admin/users", Some(session), 200),
        ("/api/open/../admin/users", Some(session), 200),
        ("/api/admin/nothing", None, 404),
    ];
    for (target, cookie, status) in cases {
        let header = cookie.map(|cookie| ("cookie", cookie));
        let response = server.ask("GET", target, header.as_slice(), "").await;
        assert_eq!(response.status, status, "{target} {cookie:?}: {}", response.body);
    }
}
