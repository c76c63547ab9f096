//! What the crate leaves to the operator, composed of tower's and tower-http's layers: how many requests at once, how many a
//! second, how long each may take, how long a client may pause within its body.
//!
//! ```sh
//! cargo run --example limits
//! curl -i localhost:4000/api/hello
//! curl -i localhost:4000/api/slow                              # 504 after two seconds
//! (printf 'POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc'; sleep 9) | nc localhost 4000  # 400
//! ```
//!
//! Connections are limited by `ulimit -n` (an `accept` without a descriptor waits, and the server goes on) or by the proxy in
//! front, which is also the place for TLS. See `docs/reliability.md`.

use http::header::RETRY_AFTER;
use std::time::Duration;
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower::load_shed::error::Overloaded;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, HandlerExt as _, Result, RouteConfig, serve, shutdown_signal,
};
use tower_http::timeout::RequestBodyTimeoutLayer;

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("hello")
}

async fn slow(_req: ApiRequest, res: ApiResponse) -> Result {
    tokio::time::sleep(Duration::from_secs(60)).await;
    res.send("never")
}

async fn upload(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.raw_body().len())
}

/// The routes, each with the built-in limits or its own.
pub fn router() -> ApiRouter {
    ApiRouter::new()
        // For every route: half a megabyte of body, and two seconds for the whole response.
        .config(RouteConfig::new().size_limit("500kb").max_duration_secs(2))
        .route("/api/hello", hello)
        .route("/api/slow", slow)
        .route("/api/upload", upload.config(RouteConfig::new().size_limit("10mb").max_duration_secs(30)))
}

/// How much one server takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests that are handled at once; one more is a 503.
    pub concurrency: usize,
    /// Requests a second; as many more wait, and then one more is a 503.
    pub rate: u64,
    /// How long a client may pause within a body.
    pub pause: Duration,
}

/// The router behind these limits. What a layer refuses becomes a response.
pub fn limited(router: ApiRouter, limits: Limits) -> ApiRouter {
    let waiting = usize::try_from(limits.rate).unwrap_or(usize::MAX);
    let service = ServiceBuilder::new()
        .load_shed() // an error at once where the layers inside are not ready
        .concurrency_limit(limits.concurrency)
        .buffer(waiting) // clones share the rate
        .rate_limit(limits.rate, Duration::from_secs(1))
        .layer(RequestBodyTimeoutLayer::new(limits.pause))
        .service(router);
    ApiRouter::new().fallback(service).map_error(|error, _| {
        if error.downcast_ref::<Overloaded>().is_none() {
            return error;
        }
        Error::new(503, "Service Unavailable").append_header(RETRY_AFTER, 1)
    })
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let limits = Limits { concurrency: 1000, rate: 5000, pause: Duration::from_secs(5) };
    serve(listener, limited(router(), limits))
        .header_read_timeout(Duration::from_secs(10))
        .grace_period(Duration::from_secs(20))
        .with_graceful_shutdown(shutdown_signal())
        .await
}
