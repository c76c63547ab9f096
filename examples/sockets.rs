//! Where the listening socket comes from: systemd (or another program that holds it over restarts), or this program, with a
//! longer backlog and a port that several processes share.
//!
//! ```sh
//! cargo run --example sockets                                       # its own socket; start it twice
//! systemd-socket-activate -l 127.0.0.1:4000 target/debug/examples/sockets
//! curl localhost:4000/api/hello
//! ```

#![allow(missing_docs)] // a test includes this file

use listenfd::ListenFd;
use serde_json::json;
use std::io;
use std::net::SocketAddr;
use tokio::net::{TcpListener, TcpSocket};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, serve, shutdown_signal};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "process": std::process::id() }))
}

pub(crate) fn router() -> ApiRouter {
    ApiRouter::new().route("/api/hello", hello)
}

/// Returns the socket that was handed to this process, if there is one.
pub(crate) fn inherited() -> io::Result<Option<TcpListener>> {
    let Some(listener) = ListenFd::from_env().take_tcp_listener(0)? else { return Ok(None) };
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener).map(Some)
}

/// Binds a socket that holds this many clients that have connected and were not accepted yet.
pub(crate) fn bind(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Several processes listen on one port, and the kernel spreads the connections.
    #[cfg(unix)]
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = match inherited()? {
        Some(listener) => listener,
        None => bind(SocketAddr::from(([127, 0, 0, 1], 4000)), 4096)?,
    };
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}
