use super::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_api_routes::Body;

async fn send(api: &ApiRouter, request: http::request::Builder, body: &str) -> (u16, String) {
    let response = api.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status.as_u16(), String::from_utf8(body.as_bytes().unwrap().to_vec()).unwrap())
}

#[test]
fn every_route_is_described() {
    assert_eq!(router().undescribed(), [""; 0]);
}

/// `cargo run -- openapi > web/openapi.json` where it fails.
#[test]
fn the_document_of_the_front_end_is_current() {
    let text = include_str!("../web/openapi.json");
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), document().into_value());
}

#[tokio::test]
async fn responses_have_their_described_types() {
    let api = router().check_queries();
    let document = document().into_value();
    let post = || http::Request::post("/api/posts");
    let (json_type, form) = ("application/json", "application/x-www-form-urlencoded");
    let created = send(&api, post().header("content-type", json_type), r#"{"title": "First"}"#).await;
    let by_form = send(&api, post().header("content-type", form), "title=Second&readingList=a").await;
    let cases = [
        ("/api/posts", "post", 201, created),
        ("/api/posts", "post", 201, by_form),
        ("/api/posts", "get", 200, send(&api, http::Request::get("/api/posts?state=draft"), "").await),
        ("/api/posts/{id}", "get", 200, send(&api, http::Request::get("/api/posts/1"), "").await),
        ("/api/posts/{id}", "get", 404, send(&api, http::Request::get("/api/posts/3"), "").await),
        ("/api/posts/{id}/file", "get", 404, send(&api, http::Request::get("/api/posts/3/file"), "").await),
    ];
    for (path, method, status, (found, body)) in cases {
        assert_eq!(found, status, "{method} {path}: {body}");
        let content = &document["paths"][path][method]["responses"][status.to_string()]["content"];
        let mut schema = content["application/json"]["schema"].clone();
        schema["components"] = document["components"].clone();
        let value: Value = serde_json::from_str(&body).unwrap();
        jsonschema::validate(&schema, &value).unwrap();
    }
    let file = send(&api, http::Request::get("/api/posts/2/file"), "").await;
    assert_eq!(file, (200, "# Second\n".to_owned()));
    let refused = send(&api, post().header("content-type", json_type), r#"{"readingList": []}"#).await;
    assert_eq!(refused.0, 422);
    let served = send(&api, http::Request::get("/api/openapi.json"), "").await;
    assert_eq!(serde_json::from_str::<Value>(&served.1).unwrap(), document);
    assert_eq!(document["openapi"], json!("3.1.1"));
}
