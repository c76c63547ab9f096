use super::*;
use serde_json::Value;
use tower::ServiceExt as _;
use tower_api_routes::Body;

async fn ask(api: &ApiRouter, method: &str, target: &str, body: Option<Value>) -> (u16, Value) {
    let mut request = http::Request::builder().method(method).uri(target);
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let response = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_resource_is_created_read_replaced_and_removed() {
    let api = router(Users::open(":memory:").unwrap());
    let ada = || Some(json!({ "name": "Ada", "email": "ada@example.com" }));
    let bad = || Some(json!({ "name": " ", "email": "ada" }));
    let fields = json!({ "errors": {
        "name": "must have between 1 and 100 characters", "email": "must be an email address",
    } });
    let new = json!({ "id": 1, "name": "Ada", "email": "ada@example.com" });
    let taken = json!({ "error": "this email address is taken" });
    let gone = json!({ "error": "no such user" });
    let cases = [
        ("GET", "/api/users/1", None, 404, gone.clone()),
        ("POST", "/api/users", ada(), 201, new.clone()),
        ("POST", "/api/users", ada(), 409, taken),
        ("POST", "/api/users", bad(), 422, fields.clone()),
        ("GET", "/api/users/1", None, 200, new.clone()),
        ("GET", "/api/users/one", None, 400, Value::Null),
        ("PUT", "/api/users/1", bad(), 422, fields),
        (
            "PUT",
            "/api/users/1",
            Some(json!({ "name": "A. L.", "email": "al@example.com" })),
            200,
            json!({ "id": 1, "name": "A. L.", "email": "al@example.com" }),
        ),
        ("PUT", "/api/users/2", ada(), 404, gone.clone()),
        ("PATCH", "/api/users/1", ada(), 405, Value::Null),
        ("DELETE", "/api/users/1", None, 204, Value::Null),
        ("DELETE", "/api/users/1", None, 404, gone),
    ];
    for (method, target, body, status, response) in cases {
        assert_eq!(ask(&api, method, target, body).await, (status, response), "{method} {target}");
    }
}

#[tokio::test]
async fn a_list_is_walked_page_by_page() {
    let api = router(Users::open(":memory:").unwrap());
    for i in 1..=5 {
        let user = json!({ "name": format!("user {i}"), "email": format!("{i}@example.com") });
        assert_eq!(ask(&api, "POST", "/api/users", Some(user)).await.0, 201);
    }
    let (mut next, mut pages) = (Some("/api/users?limit=2".to_owned()), Vec::<Vec<i64>>::new());
    while let Some(target) = next {
        let (status, page) = ask(&api, "GET", &target, None).await;
        assert_eq!(status, 200);
        pages.push(
            page["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect(),
        );
        next = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(pages, [vec![1, 2], vec![3, 4], vec![5]]);
}
