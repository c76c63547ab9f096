//! The Rust server in front of a Next.js app: it serves the API routes that have moved, and leaves the rest to Next.js.

mod next;

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, HttpRevalidator, PreviewOptions, PreviewProps, Proxy, Result,
    Sessions, ShadowLayer, methods, serve, shutdown_signal,
};

/// What links from the CMS carry, so that nobody else can switch drafts on.
struct Secret(String);

#[tokio::main]
async fn main() -> Result<(), Box<dyn StdError>> {
    tracing_subscriber::fmt::init();
    let variable = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    let origin = variable("NEXT_ORIGIN", "http://127.0.0.1:3001");
    // The build, or the development server, that runs behind this server.
    let dist = PathBuf::from(variable("NEXT_DIST", ".next"));
    let manifest = next::Manifest::read(&dist)?;
    let props = PreviewProps::from_manifest(dist.join("prerender-manifest.json"))?;
    let props = props.development(dist.ends_with("dev"));
    // The share of requests that also go to the route in `pages/api`, to compare the responses.
    let shadow =
        ShadowLayer::to(&origin)?.sample_rate(variable("SHADOW_RATE", "0").parse()?).on_report(|report| {
            println!("shadow: {} {report}", if report.differences.is_empty() { "equal" } else { "DIFFERENT" })
        });

    let api = ApiRouter::new()
        .base_path(&manifest.base_path)
        .trailing_slash(manifest.trailing_slash())
        .revalidator(HttpRevalidator::new(props.mode_id(), [&origin])?)
        .preview(props)
        .sessions(Sessions::next_auth_from_env()?)
        .state(Secret(variable("PREVIEW_SECRET", "a shared secret")))
        // Each of these lines moves a route from `pages/api`; deleting it moves the route back.
        .route("/api/hello", hello)
        .route("/api/post/[pid]", methods().get(post))
        // Around the routes above. The ones below change something, or have cookies that are new each time.
        .route_layer(shadow)
        .route("/api/me", methods().get(me))
        .route("/api/preview", methods().get(preview))
        .route("/api/exit-preview", methods().get(exit_preview))
        .route("/api/status", methods().get(status))
        .route("/api/revalidate", methods().post(revalidate))
        // Pages, assets, and the routes that have not moved.
        .fallback(Proxy::new(&origin)?);

    let listener = tokio::net::TcpListener::bind(variable("ADDR", "127.0.0.1:3000")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let stop = shutdown_signal();
    serve(listener, api)
        .with_remote_addr() // Next.js reads the client's address in `X-Forwarded-For`
        .with_graceful_shutdown(stop)
        // A WebSocket of `next dev` stays open for as long as the page does.
        .grace_period(Duration::from_millis(500))
        .await?;
    Ok(())
}

async fn hello(req: ApiRequest, res: ApiResponse) -> Result {
    let name = req.query().get("name").unwrap_or("world");
    res.json(&json!({ "message": format!("Hello, {name}!") }))
}

async fn post(req: ApiRequest, res: ApiResponse) -> Result {
    let pid = req.query().get("pid").unwrap_or_default();
    let title = match pid {
        "1" => "First",
        "2" => "Second",
        _ => return res.status(404).json(&json!({ "error": "no such post" })),
    };
    res.json(&json!({ "pid": pid, "title": title }))
}

/// What the handler needs of the token that NextAuth has sealed.
#[derive(Deserialize, Serialize)]
struct User {
    name: String,
    email: String,
}

async fn me(req: ApiRequest, res: ApiResponse) -> Result {
    match req.session::<User>()? {
        Some(user) => res.json(&user),
        None => res.status(401).json(&json!({ "error": "Sign in first" })),
    }
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

/// Returns what Rust reads from the cookies of draft mode, whoever has set them.
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
