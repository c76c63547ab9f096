//! A Unix socket, for a proxy on the same machine: `proxy_pass http://unix:/tmp/api.sock;` in nginx.
//!
//! ```sh
//! cargo run --example unix_socket
//! curl --unix-socket /tmp/api.sock http://localhost/api/hello
//! ```

#![allow(missing_docs, missing_debug_implementations)] // a test includes this file

use serde_json::json;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

/// The proxy says who its client is; the socket itself has no address.
async fn hello(req: ApiRequest, res: ApiResponse) -> Result {
    let client = req.header("x-real-ip").map(std::borrow::Cow::into_owned);
    res.json(&json!({ "client": client, "socket": req.remote_addr() }))
}

pub(crate) fn router() -> ApiRouter {
    ApiRouter::new().route("/api/hello", hello)
}

#[cfg(unix)]
#[tokio::main]
async fn main() -> std::io::Result<()> {
    use tower_api_routes::{serve, shutdown_signal};
    let path = std::env::var("SOCKET").unwrap_or_else(|_| "/tmp/api.sock".into());
    // A server that was killed leaves its socket behind.
    _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path)?;
    println!("listening on {path}");
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await?;
    std::fs::remove_file(path)
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this platform has no Unix sockets");
}
