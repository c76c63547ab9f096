//! API routes inside of an axum app: beside its routes, with its state, and with our layers around its handlers.
//!
//! ```sh
//! cargo run --example axum
//! curl localhost:4000/users/1                                      # axum's route
//! curl localhost:4000/api/post/1                                   # ours, through `fallback_service`
//! curl localhost:4000/v2/post/1                                    # ours, through `nest_service`
//! curl localhost:4000/ping                                         # one handler of ours, through `route_service`
//! curl localhost:4000/echo --json '{"a": [1, 2]}'                  # axum's handler behind our body parser
//! curl -i localhost:4000/slow                                      # axum's handler behind our deadline: 504
//! ```
//!
//! `fallback_service` and `route_service` hand the whole path on. `nest_service` takes its prefix off first, so the routes
//! inside are written without it.

use axum::extract::{Extension, Path, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, BodyParserLayer, HandlerExt as _, MaxDurationLayer, ParsedBody,
    Result, shutdown_signal,
};

/// One state for both sides.
#[derive(Default)]
struct Visits(AtomicU64);

impl Visits {
    fn count(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// An axum handler, with axum's extractors.
async fn user(State(visits): State<Arc<Visits>>, Path(id): Path<u32>) -> Json<Value> {
    Json(json!({ "user": id, "visit": visits.count() }))
}

/// An axum handler that takes what our body parser has parsed: JSON, a form or text.
async fn echo(Extension(body): Extension<ParsedBody>) -> Json<Value> {
    Json(json!({ "kind": body.kind(), "body": body }))
}

/// An axum handler that takes too long.
async fn slow() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "at last"
}

/// A handler of ours.
async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    let visit = req.state::<Arc<Visits>>()?.count();
    res.json(&json!({ "post": req.query().get("pid"), "route": req.route(), "visit": visit }))
}

async fn ping(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("pong")
}

/// The whole app.
pub fn app() -> Router {
    let visits = Arc::new(Visits::default());
    let api = ApiRouter::new().state(Arc::clone(&visits)).route("/api/post/[pid]", show);
    let v2 = ApiRouter::new().state(Arc::clone(&visits)).route("/post/[pid]", show);
    Router::new()
        .route("/users/{id}", get(user))
        .route("/echo", post(echo).layer(BodyParserLayer::new()))
        .route("/slow", get(slow).layer(MaxDurationLayer::new(Duration::from_millis(100))))
        .with_state(visits)
        .route_service("/ping", ping.into_service())
        .nest_service("/v2", v2)
        .fallback_service(api)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app()).with_graceful_shutdown(shutdown_signal()).await
}
