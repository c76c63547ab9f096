//! A small, real API on 127.0.0.1:4000.
//!
//! ```sh
//! cargo run --example quickstart
//! ```
//!
//! It prints its address and its routes. The README has requests to send, and their responses.

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::Mutex;
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Error, Result, methods, serve, shutdown_signal};

#[derive(Deserialize)]
struct NewPost {
    title: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Clone, Serialize)]
struct Post {
    id: usize,
    title: String,
    tags: Vec<String>,
}

/// Shared by all handlers.
#[derive(Default)]
struct Posts(Mutex<Vec<Post>>);

impl Posts {
    fn with<T>(&self, work: impl FnOnce(&mut Vec<Post>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(200).json(&json!({ "message": "Hello from Rust!" }))
}

async fn list(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.state::<Posts>()?.with(|posts| posts.clone()))
}

/// Takes JSON and forms alike.
async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let (req, NewPost { title, tags }) = req.into_parts();
    let post = req.state::<Posts>()?.with(|posts| {
        let post = Post { id: posts.len() + 1, title, tags };
        posts.push(post.clone());
        post
    });
    res.status(201).json(&post)
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    #[derive(Deserialize)]
    struct Params {
        pid: usize,
    }
    let Params { pid } = req.query_as()?;
    let post = req.state::<Posts>()?.with(|posts| posts.iter().find(|post| post.id == pid).cloned());
    res.json(&post.ok_or_else(|| Error::new(404, format!("there is no post {pid}")))?)
}

/// `/api/docs/a/b`: one or more segments.
async fn docs(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "path": req.query().get_all("path").collect::<Vec<_>>() }))
}

/// `/api/shop` and everything below it.
async fn shop(req: ApiRequest, res: ApiResponse) -> Result {
    let slug: Vec<&str> = req.query().get_all("slug").collect();
    res.send(if slug.is_empty() {
        "The shop's front door".to_owned()
    } else {
        format!("Department: {}", slug.join(" > "))
    })
}

/// Any error is a 500; what went wrong is in the log only.
async fn broken(_req: ApiRequest, res: ApiResponse) -> Result {
    let number: u32 = "forty-two".parse()?;
    res.json(&number)
}

/// The routes and what they share.
pub fn router() -> ApiRouter {
    ApiRouter::new()
        .state(Posts::default())
        .route("/api/hello", hello)
        .route("/api/post", methods().get(list).post(create))
        .route("/api/post/[pid]", show)
        .route("/api/docs/[...path]", docs)
        .route("/api/shop/[[...slug]]", shop)
        .route("/api/broken", broken)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    let api = router();
    println!("listening on http://{}\n\n{}", listener.local_addr()?, api.routes());
    serve(listener, api).with_graceful_shutdown(shutdown_signal()).await
}
