use super::*;
use serde_json::json;
use tower::ServiceExt as _;
use tower_api_routes::Body;

async fn ask(api: &ApiRouter, method: &str, target: &str, body: &str) -> (u16, Value) {
    let request =
        http::Request::builder().method(method).uri(target).header("content-type", "application/json");
    let response = api.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap_or(Value::Null))
}

#[test]
fn the_front_end_sees_the_names_and_types_of_the_wire() {
    let file = router().typescript();
    let lines = [
        "export type NewPost = { title: string, readingList?: Array<string>, };",
        "export type Post = { id: number, title: string, readingList: Array<string>, state: State, };",
        "export type State = \"draft\" | \"published\";",
        "    \"GET\": { params: {}; query: ApiQuery; body: never; response: Array<Post> };",
        "    \"POST\": { params: {}; query: ApiQuery; body: NewPost; response: Post };",
        "    \"GET\": { params: { \"pid\": string }; query: ApiQuery; body: never; response: Post };",
    ];
    for line in lines {
        assert!(file.lines().any(|found| found == line), "{line} is not in:\n{file}");
    }
}

#[tokio::test]
async fn the_wire_keeps_to_the_types() {
    let api = router();
    let post = json!({ "id": 1, "title": "First", "readingList": [], "state": "draft" });
    assert_eq!(ask(&api, "POST", "/api/post", r#"{"title": "First"}"#).await, (201, post.clone()));
    assert_eq!(ask(&api, "GET", "/api/post/1", "").await, (200, post.clone()));
    assert_eq!(ask(&api, "GET", "/api/post", "").await, (200, json!([post])));
    assert_eq!(ask(&api, "POST", "/api/post", r#"{"readingList": []}"#).await.0, 422);
}

#[tokio::test]
async fn the_document_has_every_route_with_its_types() {
    let (status, document) = ask(&router(), "GET", "/api/openapi.json", "").await;
    assert_eq!((status, document["openapi"].as_str()), (200, Some("3.1.0")));
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/api/post", "/api/post/{pid}"]);
    assert_eq!(paths["/api/post/{pid}"]["parameters"][0]["name"], "pid");
    let schema = |at: &Value| at["content"]["application/json"]["schema"].clone();
    assert_eq!(schema(&paths["/api/post"]["post"]["requestBody"])["required"], json!(["title"]));
    let answer = schema(&paths["/api/post"]["post"]["responses"]["200"]);
    assert_eq!(answer["properties"]["state"]["$ref"], "#/components/schemas/State");
    let list = schema(&paths["/api/post"]["get"]["responses"]["200"]);
    assert_eq!(list["items"]["$ref"], "#/components/schemas/Post");
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert_eq!(schemas.keys().collect::<Vec<_>>(), ["Post", "State"]);
    assert_eq!(schemas["Post"]["properties"]["state"]["$ref"], "#/components/schemas/State");
}
