use crate::router;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use tower_api_routes::Body;
use tower_api_routes::http::Request;

#[tokio::test]
async fn routes_respond() {
    let cases = [
        ("GET", "/api/hello?name=Rust", "", 200, r#"{"message":"Hello, Rust!"}"#),
        ("GET", "/api/post/7", "", 200, r#"{"pid":7,"title":"Post 7"}"#),
        ("PUT", "/api/post/7", r#"{"title":"New"}"#, 200, r#"{"pid":7,"title":"New"}"#),
        ("DELETE", "/api/post/7", "", 405, "Method Not Allowed"),
        ("GET", "/api/none", "", 404, "Not Found"),
    ];
    for (method, path, body, status, expected) in cases {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{method} {path}");
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, expected, "{method} {path}");
    }
}
