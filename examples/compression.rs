//! Compression, which Next.js does by itself: tower-http's layer around the router.
//!
//! ```sh
//! cargo run --example compression
//! curl -i localhost:4000/api/posts --compressed                          # content-encoding: gzip
//! curl -i localhost:4000/api/posts -H accept-encoding:gzip -H 'if-none-match: "TAG"'   # 304, with the ETag of the first
//! curl -N localhost:4000/api/ticks -H accept-encoding:gzip               # each event at once, not compressed
//! ```
//!
//! As in Next.js, bodies of 1,024 bytes and more are compressed, and `ETag`s stay what they are. The layer stands outside the
//! routes, so that the tag and the 304 are made of what the handler has sent. Left alone are event streams (an event would
//! wait for the compressor's buffer), images, responses to `HEAD`, and what has a `Content-Encoding` already.

#![allow(missing_docs, missing_debug_implementations)] // a test includes this file

use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Event, Result, serve, shutdown_signal};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};

/// What compression makes smaller, as Next.js has it.
const THRESHOLD: u16 = 1024;

async fn posts(req: ApiRequest, res: ApiResponse) -> Result {
    let posts = req.query().get("posts").and_then(|posts| posts.parse().ok()).unwrap_or(100);
    let post = |id: u8| json!({ "id": id, "title": "A post like the one before it" });
    res.json(&(0..posts).map(post).collect::<Vec<_>>())
}

/// A stream without a length is compressed whatever its length turns out to be.
async fn export(_req: ApiRequest, res: ApiResponse) -> Result {
    res.set_header("content-type", "text/csv").stream(|mut body| async move {
        for line in 0..100 {
            body.write(format!("{line},the same on every line\n")).await?;
        }
        Ok(())
    })
}

async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    res.sse(|mut events| async move {
        for tick in 0..3 {
            events.send(Event::json(&tick)?).await?;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    })
}

pub fn router() -> ApiRouter {
    let worth_it = SizeAbove::new(THRESHOLD.into())
        .and(NotForContentType::SSE)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::GRPC);
    ApiRouter::new()
        .route("/api/posts", posts)
        .route("/api/export", export)
        .route("/api/ticks", ticks)
        .layer(CompressionLayer::new().compress_when(worth_it))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}
