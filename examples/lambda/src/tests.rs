//! Recorded events (API Gateway's HTTP API and a function URL, payload 2.0) through the adapters that `run` uses.

use super::*;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Context, LambdaEvent, Service as _, StreamAdapter};
use serde_json::Value;
use std::time::Instant;
use tower_api_routes::Body;

/// An event with its target, its method and its body put in.
fn event(method: &str, path: &str, query: &str, body: Option<&str>) -> LambdaEvent<LambdaRequest> {
    let mut event: Value = serde_json::from_str(include_str!("../events/function-url.json")).unwrap();
    event["rawPath"] = path.into();
    event["rawQueryString"] = query.into();
    event["requestContext"]["http"]["path"] = path.into();
    event["requestContext"]["http"]["method"] = method.into();
    if let Some(body) = body {
        event["body"] = body.into();
        event["headers"]["content-type"] = "application/json".into();
    }
    LambdaEvent::new(serde_json::from_value(event).unwrap(), Context::default())
}

#[tokio::test]
async fn buffered_response_is_lambdas_json() {
    let mut service = Adapter::from(router());
    let cases = [
        ("GET", "/api/hello", "name=Ada+L.", None, 200, r#"{"message":"Hello from Ada L.!","theme":"dark"}"#),
        ("POST", "/api/echo", "", Some(r#"{"a":[1,2]}"#), 201, r#"{"a":[1,2]}"#),
        ("POST", "/api/echo", "", Some("{"), 400, "Invalid JSON"),
        ("PUT", "/api/echo", "", None, 405, "Method Not Allowed"),
        ("GET", "/api/nothing", "", None, 404, "Not Found"),
        ("GET", "/api/ticks", "", None, 200, "data: 0\n\ndata: 1\n\ndata: 2\n\n"),
    ];
    for (method, path, query, body, status, text) in cases {
        let response = service.call(event(method, path, query, body)).await.unwrap();
        let response = serde_json::to_value(&response).unwrap();
        assert_eq!(response["statusCode"], status, "{path}");
        assert_eq!(response["isBase64Encoded"], false, "{path}");
        assert_eq!(response["body"], text, "{path}");
    }
    let response = service.call(event("POST", "/api/echo", "", Some("1"))).await.unwrap();
    assert_eq!(serde_json::to_value(&response).unwrap()["cookies"], json!(["seen=1", "twice=1"]));
}

#[tokio::test]
async fn streamed_response_goes_out_chunk_by_chunk() {
    let mut service = StreamAdapter::from(router());
    let started = Instant::now();
    let response = service.call(event("GET", "/api/ticks", "", None)).await.unwrap();
    assert_eq!(response.metadata_prelude.status_code, 200);
    assert_eq!(response.metadata_prelude.headers["content-type"], "text/event-stream");
    let mut body = Body::from_stream(response.stream);
    let first = body.chunk().await.unwrap().unwrap();
    let at_first = started.elapsed();
    assert_eq!(first, "data: 0\n\n");
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data: 1\n\n");
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data: 2\n\n");
    assert!(body.chunk().await.unwrap().is_none());
    assert!(at_first + Duration::from_millis(200) <= started.elapsed(), "the first chunk came with the last");
}
