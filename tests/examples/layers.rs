//! `examples/layers.rs`: four services, and the layers do the same around each.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/layers.rs"]
mod example;

use crate::{JSON, Server};
use tower_api_routes::serve;

const ORIGIN: (&str, &str) = ("origin", "https://app.example.com");

/// What the body parser, the deadline, the response limit and CORS do.
async fn check(server: &Server) {
    let large = "x".repeat(2000);
    let cases = [
        ("POST", "/echo", r#"{"title":"First"}"#, 200, "First"),
        ("POST", "/echo", "{", 400, "Invalid JSON"),
        ("POST", "/echo", &large, 413, "Body exceeded 1kb limit"),
        ("GET", "/slow", "", 504, "Gateway Timeout"),
        ("GET", "/large", "", 500, "Internal Server Error"),
    ];
    for (method, target, body, status, text) in cases {
        let response = server.ask(method, target, &[JSON, ORIGIN], body).await;
        assert_eq!((response.status, &*response.body), (status, text), "{method} {target}");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{method} {target}");
        assert_eq!(response.header("x-served-by"), Some("layers"), "{method} {target}");
    }
}

#[tokio::test]
async fn around_handlers() {
    let server = Server::start(|listener| serve(listener, example::handlers())).await;
    check(&server).await;
    server.check(&[("GET", "/late", "", 200, "late")]).await;
}

#[tokio::test]
async fn around_an_axum_app() {
    check(&Server::start(|listener| axum::serve(listener, example::axum_app())).await).await;
}

#[tokio::test]
async fn around_a_plain_function_under_hyper() {
    check(&Server::start(example::run_hyper).await).await;
}

#[tokio::test]
async fn around_the_files_of_tower_http() {
    let server = Server::start(|listener| serve(listener, example::files())).await;
    let large = "x".repeat(2000);
    let cases = [
        ("GET", "/testing.md", "", 500), // longer than 4 KB
        ("GET", "/nothing.md", "", 404),
        ("POST", "/nothing.md", &*large, 413),
    ];
    for (method, target, body, status) in cases {
        let response = server.ask(method, target, &[JSON, ORIGIN], body).await;
        assert_eq!(response.status, status, "{method} {target}");
        assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{method} {target}");
    }
}
