//! Bare hyper: the router as hyper's service, on a connection loop of your own.
//!
//! ```sh
//! cargo run --example hyper
//! curl -i localhost:3000/api/hello
//! curl -i localhost:3000/api/hello/          # 308 to the path without the slash
//! ```
//!
//! `tower_api_routes::serve` does this and more (HTTP/2, timeouts, a graceful end); write the loop yourself where
//! connections need something special, TLS say. The feature `serve` can stay off then.

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::json;
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, shutdown_signal};

async fn hello(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "message": "Hello from hyper!", "version": format!("{:?}", req.version()) }))
}

/// The routes.
pub fn router() -> ApiRouter {
    ApiRouter::new().route("/api/hello", hello)
}

/// Serves one connection after the other, each in a task of its own.
///
/// # Errors
///
/// If the listener fails.
pub async fn run(listener: TcpListener, api: ApiRouter) -> std::io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        // Clones share one table.
        let service = TowerToHyperService::new(api.clone());
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
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    tokio::select! {
        ended = run(listener, router()) => ended,
        () = shutdown_signal() => Ok(()),
    }
}
