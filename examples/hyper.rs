//! Bare hyper: a router in layers as hyper's service, on a connection loop of your own.
//!
//! ```sh
//! cargo run --example hyper
//! curl -i localhost:4000/api/hello
//! curl -i localhost:4000/api/hello/          # 308 to the path without the slash
//! curl -i localhost:4000/api/hello -d "$(printf '%2000s')"  # 413, by the layer around the router
//! ```
//!
//! `tower_api_routes::serve` does this and more (HTTP/2, timeouts, a graceful shutdown). Write the loop yourself where
//! connections need something special. The feature `serve` can stay off then.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, BodyParserLayer, MaxDurationLayer, Result, shutdown_signal,
};

async fn hello(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "message": "Hello from hyper!", "version": format!("{:?}", req.version()) }))
}

/// The routes.
pub fn router() -> ApiRouter {
    ApiRouter::new().route("/api/hello", hello)
}

/// Serves the router, in layers. Each connection has a task of its own.
///
/// # Errors
///
/// If the listener fails.
pub async fn run(listener: TcpListener, api: ApiRouter) -> std::io::Result<()> {
    let service = ServiceBuilder::new()
        .layer(MaxDurationLayer::new(Duration::from_secs(10)))
        .layer(BodyParserLayer::new().size_limit("1kb"))
        .service(api);
    loop {
        let (stream, _) = listener.accept().await?;
        // Clones share one route table.
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                eprintln!("a connection failed: {error}");
            }
        });
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    tokio::select! {
        ended = run(listener, router()) => ended,
        () = shutdown_signal() => Ok(()),
    }
}
