//! The API of a Next.js app, beside it. Next.js sends it what it has no route for; see `next.config.js`.

use serde_json::json;
use std::error::Error as StdError;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, HttpRevalidator, PreviewOptions, PreviewProps, Result,
    methods, serve, shutdown_signal,
};

/// What links from the CMS carry, so that nobody else can switch drafts on.
struct Secret(String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt::init();
    let variable = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let next = variable("NEXT_ORIGIN", "http://127.0.0.1:3000");
    // The keys of the build that runs beside this server.
    let props = PreviewProps::from_manifest(variable("NEXT_MANIFEST", ".next/prerender-manifest.json"))?;

    let api = ApiRouter::new()
        .revalidator(HttpRevalidator::new(props.mode_id(), [next])?)
        .preview(props)
        .state(Secret(variable("PREVIEW_SECRET", "a shared secret")))
        .route("/api/hello", hello)
        .route("/api/post/[pid]", post)
        .route("/api/preview", methods().get(preview))
        .route("/api/exit-preview", methods().get(exit_preview))
        .route("/api/status", status)
        .route("/api/revalidate", methods().post(revalidate));

    let listener = tokio::net::TcpListener::bind(variable("ADDR", "127.0.0.1:4000")).await?;
    println!("the API is at http://{}", listener.local_addr()?);
    Ok(serve(listener, api).with_graceful_shutdown(shutdown_signal()).await?)
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "message": "Hello from Rust!" }))
}

async fn post(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "pid": req.query().get("pid"), "answeredBy": "Rust" }))
}

/// The CMS links to `/api/preview?secret=...&post=1`.
async fn preview(req: ApiRequest, res: ApiResponse) -> Result {
    let query = req.query();
    if query.get("secret") != Some(&*req.state::<Secret>()?.0) {
        return Err(Error::new(401, "Invalid token"));
    }
    let data = json!({ "by": "Rust", "post": query.get("post") });
    res.set_preview_data(&data, PreviewOptions::new().max_age(60 * 60)).await.redirect("/draft")
}

async fn exit_preview(_req: ApiRequest, res: ApiResponse) -> Result {
    res.clear_preview_data(PreviewOptions::new()).redirect("/draft")
}

/// What Rust makes of the browser's cookies, whoever has set them.
async fn status(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "draftMode": req.draft_mode(), "previewData": req.preview_data() }))
}

/// The CMS says that a post has changed: `POST /api/revalidate?secret=...&post=1`.
async fn revalidate(req: ApiRequest, res: ApiResponse) -> Result {
    if req.query().get("secret") != Some(&*req.state::<Secret>()?.0) {
        return Err(Error::new(401, "Invalid token"));
    }
    let Ok(post) = req.query().get("post").unwrap_or_default().parse::<u64>() else {
        return Err(Error::new(400, "post is not a number"));
    };
    let path = format!("/posts/{post}");
    res.revalidate(&path).await?;
    res.json(&json!({ "revalidated": path }))
}
