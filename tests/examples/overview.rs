//! The design's own example, as it is written there.

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, ResponseLimitLayer, Result, RouteConfig,
    handler, methods,
};

const PAUSE: Duration = Duration::from_millis(1);

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(200).json(&json!({ "message": "Hello from Rust!" }))
}

#[derive(Deserialize)]
struct NewPost {
    title: String,
    tags: Vec<String>,
}
#[derive(Serialize)]
struct Post {
    id: u64,
    title: String,
}

#[allow(clippy::unused_async)] // stands for a database
async fn store(post: NewPost) -> std::io::Result<Post> {
    Ok(Post { id: post.tags.len() as u64, title: post.title })
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let post = store(req.into_body()).await?;
    res.status(201).json(&post)
}

async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    res.write_head(200, [("content-type", "text/event-stream")]).stream(|mut body| async move {
        for i in 0..10 {
            body.write(format!("data: {i}\n\n")).await?;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    })
}

async fn webhook(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    drop(req);
    res.end()
}

#[tokio::test]
async fn the_designs_example_compiles_and_answers() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let any_tower_service = service_fn(|_: http::Request<Body>| async {
        Ok::<_, std::io::Error>(http::Response::new(String::from("a report")))
    });
    let api = ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/post", methods().get(hello).post(create))
        .route("/api/post/[pid]", hello)
        .route("/api/files/[[...path]]", hello)
        .route("/api/ticks", ticks)
        .route("/api/webhook", webhook.config(RouteConfig::new().body_parser(false).max_duration_secs(5)))
        .route("/api/closure", |_req: ApiRequest, res: ApiResponse| async move { res.send("closure") })
        .route(
            "/api/handler",
            handler(|req: ApiRequest, res| async move { res.send(req.method().to_string()) }),
        )
        .route(
            "/api/report",
            ServiceBuilder::new()
                .layer(ResponseLimitLayer::new().response_limit("8mb"))
                .service(any_tower_service),
        );

    let post = http::Request::post("/api/post").header("content-type", "application/json");
    let requests = [
        (http::Request::get("/api/hello").body(Body::empty())?, 200, r#"{"message":"Hello from Rust!"}"#),
        (post.body(Body::from(r#"{"title":"a","tags":["b"]}"#))?, 201, r#"{"id":1,"title":"a"}"#),
        (http::Request::get("/api/webhook").body(Body::empty())?, 200, ""),
        (http::Request::get("/api/closure").body(Body::empty())?, 200, "closure"),
        (http::Request::get("/api/handler").body(Body::empty())?, 200, "GET"),
        (http::Request::get("/api/report").body(Body::empty())?, 200, "a report"),
    ];
    for (request, status, body) in requests {
        let response = api.clone().oneshot(request).await?;
        assert_eq!(response.status(), status);
        let bytes = http_body_util::BodyExt::collect(response.into_body())
            .await
            .map_err(|error| error.to_string())?;
        assert_eq!(bytes.to_bytes(), body);
    }
    Ok(())
}
