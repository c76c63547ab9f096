//! A small API as a new user writes it.

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt as _};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, Error, HandlerExt as _, MaxDurationLayer, Next,
    OrStatus as _, Result, methods,
};

#[derive(Deserialize)]
struct NewPost {
    title: String,
}

#[derive(Clone, Serialize)]
struct Post {
    title: String,
}

async fn store(new: NewPost) -> anyhow::Result<Post> {
    anyhow::ensure!(!new.title.is_empty(), "a post has a title");
    Ok(Post { title: new.title })
}

async fn find(id: u64) -> anyhow::Result<Option<Post>> {
    Ok((id == 1).then(|| Post { title: "first".into() }))
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(200).json(&json!({ "message": "Hello from Rust!" }))
}
async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let post = store(req.into_body()).await?;
    res.status(201).json(&post)
}
async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    let id: u64 = req.query().get("id").or_status(400)?.parse().or_status(400)?;
    res.json(&find(id).await?.or_status(404)?)
}
async fn list(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&["first"])
}
async fn search(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.query().get("q"))
}
async fn not_allowed(req: ApiRequest, res: ApiResponse) -> Result {
    res.status(405).json(&json!({ "error": format!("Method {} Not Allowed", req.method()) }))
}
async fn with_log(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    next.run(req, res.set_header("x-logged", 1)).await
}
async fn missing(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(404).send("from the old server")
}

mod admin {
    use super::*;

    async fn users(_req: ApiRequest, _res: ApiResponse) -> Result {
        Err("boom".into())
    }

    pub fn routes() -> ApiRouter {
        ApiRouter::new().route("/api/admin/users", users)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let api = ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/post", methods().get(list).post(create).fallback(not_allowed))
        .route("/api/post/[id]", show.wrap(with_log))
        .route(
            "/api/search",
            ServiceBuilder::new()
                .layer(MaxDurationLayer::new(Duration::from_secs(5)))
                .layer(BodyParserLayer::new().size_limit("10kb"))
                .service(search.into_service()),
        )
        .merge(admin::routes())
        .map_error(|error, _request| Error::json(error.status(), &json!({ "error": error.message() })))
        .fallback(missing);
    for (method, target, body, status, text) in [
        ("GET", "/api/hello", "", 200, r#"{"message":"Hello from Rust!"}"#),
        ("POST", "/api/post", r#"{"title":"a"}"#, 201, r#"{"title":"a"}"#),
        ("POST", "/api/post", r#"{"title":""}"#, 500, r#"{"error":"Internal Server Error"}"#),
        ("DELETE", "/api/post", "", 405, r#"{"error":"Method DELETE Not Allowed"}"#),
        ("GET", "/api/post/1", "", 200, r#"{"title":"first"}"#),
        ("GET", "/api/post/2", "", 404, r#"{"error":"Not Found"}"#),
        ("GET", "/api/post/x", "", 400, r#"{"error":"Bad Request"}"#),
        ("GET", "/api/search?q=a", "", 200, r#""a""#),
        ("GET", "/api/admin/users", "", 500, r#"{"error":"Internal Server Error"}"#),
        ("GET", "/api/nothing", "", 404, "from the old server"),
    ] {
        let request = http::Request::builder().method(method).uri(target).header("content-type", "application/json");
        let response = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{method} {target}");
        assert_eq!(response.headers().contains_key("allow"), status == 405, "{method} {target}");
        let body = response.into_body().chunk().await.unwrap();
        assert_eq!(body.as_deref(), Some(text.as_bytes()), "{method} {target}");
    }
}
