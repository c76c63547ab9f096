use super::*;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tower_api_routes::Body;

async fn ask(api: &ApiRouter, method: &str, body: &Value) -> (u16, Value) {
    let request = http::Request::builder().method(method).uri("/api/graphql");
    let request = request.header("content-type", "application/json").body(Body::from(body.to_string()));
    let response = api.clone().oneshot(request.unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn queries_and_mutations_are_answered() {
    let api = router();
    let add = "mutation ($name: String!) { addUser(name: $name) { id } }";
    let (users, user) = ("{ users { id name } }", "query ($id: Int!) { user(id: $id) { name } }");
    let ada = json!({ "id": 1, "name": "Ada" });
    let cases = [
        (json!({ "query": users }), json!({ "data": { "users": [] } })),
        (
            json!({ "query": add, "variables": { "name": "Ada" } }),
            json!({ "data": { "addUser": { "id": 1 } } }),
        ),
        (json!({ "query": users }), json!({ "data": { "users": [ada] } })),
        (json!({ "query": user, "variables": { "id": 7 } }), json!({ "data": { "user": null } })),
        (
            json!([{ "query": users }, { "query": user, "variables": { "id": 1 } }]),
            json!([{ "data": { "users": [ada] } }, { "data": { "user": { "name": "Ada" } } }]),
        ),
    ];
    for (body, answer) in cases {
        assert_eq!(ask(&api, "POST", &body).await, (200, answer), "{body}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let api = router();
    let (status, answer) = ask(&api, "POST", &json!({ "query": "{ nothing }" })).await;
    assert_eq!(
        (status, answer["data"].is_null(), answer["errors"].as_array().unwrap().len()),
        (200, true, 1)
    );
    assert_eq!(ask(&api, "POST", &json!({ "query": 1 })).await.0, 422);
    assert_eq!(ask(&api, "GET", &Value::Null).await.0, 405);
}
