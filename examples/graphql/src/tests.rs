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
async fn queries_and_mutations_get_responses() {
    let api = router();
    let add = "mutation ($name: String!) { addUser(name: $name) { id } }";
    let (users, user) = ("{ users { id name } }", "query ($id: Int!) { user(id: $id) { name } }");
    let (first, ada) = (json!({ "id": 1, "name": "Nextjs" }), json!({ "id": 2, "name": "Ada" }));
    let cases = [
        (json!({ "query": users }), json!({ "data": { "users": [first] } })),
        (
            json!({ "query": add, "variables": { "name": "Ada" } }),
            json!({ "data": { "addUser": { "id": 2 } } }),
        ),
        (json!({ "query": users }), json!({ "data": { "users": [first, ada] } })),
        (json!({ "query": user, "variables": { "id": 7 } }), json!({ "data": { "user": null } })),
        (
            json!([{ "query": users }, { "query": user, "variables": { "id": 2 } }]),
            json!([{ "data": { "users": [first, ada] } }, { "data": { "user": { "name": "Ada" } } }]),
        ),
    ];
    for (body, response) in cases {
        assert_eq!(ask(&api, "POST", &body).await, (200, response), "{body}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let api = router();
    let (status, response) = ask(&api, "POST", &json!({ "query": "{ nothing }" })).await;
    assert_eq!(
        (status, response["data"].is_null(), response["errors"].as_array().unwrap().len()),
        (200, true, 1)
    );
    assert_eq!(ask(&api, "POST", &json!({ "query": 1 })).await.0, 422);
    assert_eq!(ask(&api, "PUT", &Value::Null).await.0, 405);
}

async fn get(api: &ApiRouter, query: &str) -> (u16, String, String) {
    let request = http::Request::get(format!("/api/graphql{query}")).body(Body::empty()).unwrap();
    let response = api.clone().oneshot(request).await.unwrap();
    let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let body = String::from_utf8(response.body().as_bytes().unwrap().to_vec()).unwrap();
    (response.status().as_u16(), kind, body)
}

#[tokio::test]
async fn graphiql_and_queries_get_responses() {
    let api = router();
    let (status, kind, page) = get(&api, "").await;
    assert_eq!((status, &*kind), (200, "text/html; charset=utf-8"));
    assert!(page.to_lowercase().contains("graphiql") && page.contains("/api/graphql"));
    let (status, _, body) = get(&api, "?query=%7Busers%7Bname%7D%7D").await;
    assert_eq!((status, &*body), (200, r#"{"data":{"users":[{"name":"Nextjs"}]}}"#));
    let by_id = "?query=query(%24id:Int!)%7Buser(id:%24id)%7Bname%7D%7D&variables=%7B%22id%22:1%7D";
    let (status, _, body) = get(&api, by_id).await;
    assert_eq!((status, &*body), (200, r#"{"data":{"user":{"name":"Nextjs"}}}"#));
    assert_eq!(get(&api, "?query=%7Busers%7Bname%7D%7D&variables=x").await.0, 400);
    assert_eq!(
        get(&api, "?query=mutation%7BaddUser(name:%22x%22)%7Bid%7D%7D").await.0,
        405,
        "a link changes nothing"
    );
    let (_, _, body) = get(&api, "?query=%7Busers%7Bname%7D%7D").await;
    assert_eq!(body, r#"{"data":{"users":[{"name":"Nextjs"}]}}"#);
}

/// What a page of another site can post without asking.
#[tokio::test]
async fn a_cross_site_form_post_is_refused() {
    let api = router();
    let mutation = r#"{"query":"mutation { addUser(name: \"x\") { id } }"}"#;
    for kind in ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""] {
        let request =
            http::Request::post("/api/graphql").header("content-type", kind).body(Body::from(mutation));
        assert_eq!(api.clone().oneshot(request.unwrap()).await.unwrap().status(), 415, "{kind}");
    }
    let (_, _, body) = get(&api, "?query=%7Busers%7Bid%7D%7D").await;
    assert_eq!(body, r#"{"data":{"users":[{"id":1}]}}"#);
}
