//! A server for HTTP/1.1 and HTTP/2 on hyper.
//!
//! hyper serves the connections. This module adds what it lacks: a time limit for the first byte of a connection, and one
//! timer for all of its limits (`connection`, `clock`), closing without losing a response and a delayed end of input
//! (`transport`, until `http1` sees an upgrade), keeping a connection whose response came before the request's body
//! (`early`), refusals (`refusal`), a time limit for clients that do not read (`transport`, `streams`, `http2`), and
//! accepting clients that are waiting when the server stops (`listener`). The phases of a graceful shutdown are in
//! `crate::shutdown`.

mod builder;
mod clock;
mod connection;
mod early;
mod http1;
mod http2;
mod listener;
mod refusal;
mod signal;
mod state;
mod streams;
mod transport;
mod version;

pub use builder::Serve;
pub use listener::Listener;
pub use signal::shutdown_signal;

use crate::body::{Body, BoxError};
use bytes::Buf;
use http::{Request, Response};
use std::convert::Infallible;
use tower_service::Service;

/// Serves HTTP/1.1 and HTTP/2 on a listener, until the listener fails or a [graceful
/// shutdown](Serve::with_graceful_shutdown) ends the server.
///
/// Awaiting it runs the server:
///
/// ```no_run
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, serve, shutdown_signal};
///
/// async fn hello(_req: ApiRequest, res: ApiResponse) -> Result { res.send("hello") }
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     let api = ApiRouter::new().route("/api/hello", hello);
///     serve(listener, api).with_graceful_shutdown(shutdown_signal()).await
/// }
/// ```
///
/// The listener is a `TcpListener`, a `UnixListener` or any other [`Listener`]. The service is an
/// [`ApiRouter`](crate::ApiRouter), or any other tower service of a `Request<Body>` that is `Clone` and whose error is
/// `Infallible`: a router inside tower-http's layers or an axum `Router`, for example. Wrap a service of a
/// `Request<hyper::body::Incoming>` so that it takes any body, or a [`Body`].
///
/// Dropping the server's future closes its connections at once, except upgraded ones (a WebSocket, for example),
/// which belong to their handlers.
///
/// # Settings
///
/// | what | default | set by |
/// | --- | --- | --- |
/// | time for the first byte of a connection | 30 s | [`header_read_timeout`](Serve::header_read_timeout) |
/// | time for a request's head, HTTP/1 | 30 s, counted from the first byte of the connection or the end of the last response | the same |
/// | keep-alive: time between two requests, HTTP/1 | 30 s | the same |
/// | time for which a client takes nothing of a response | 60 s | [`send_timeout`](Serve::send_timeout) |
/// | time between the signal to stop and the last connection that is accepted | none | [`shutdown_delay`](Serve::shutdown_delay) |
/// | time for requests in flight when the server stops | 30 s | [`grace_period`](Serve::grace_period) |
/// | time for upgraded connections when the server stops | that of requests | [`upgrade_grace_period`](Serve::upgrade_grace_period) |
/// | HTTP/2 pings | every 20 s, a reply within 20 s | |
/// | size of a request's head | HTTP/1: 128 KB, and the target 65,534 bytes; HTTP/2: 16 KB | |
/// | number of headers, HTTP/1 | 100, usually the first limit that is reached; a request with more headers gets a 431 | |
/// | streams of an HTTP/2 connection at once | 200 | [`max_concurrent_streams`](Serve::max_concurrent_streams) |
/// | size of a request's body | 1 MB | [`RouteConfig::size_limit`](crate::RouteConfig::size_limit) |
/// | time for a request's body and its response | none | [`RouteConfig::max_duration`](crate::RouteConfig::max_duration) |
/// | reading the rest of a request after an early response, to keep the connection, HTTP/1 | 1 MB of a body with a length, 64 MB of one without, and 30 s | |
/// | reading the rest of a request before the connection closes, so that the client can read the response | 64 MB, 30 s, or 1 s without a byte | |
/// | time for a response after the client half-closes the connection, HTTP/1 | 0.1 s | |
/// | the client's address in `req.remote_addr()` | off | [`with_remote_addr`](Serve::with_remote_addr) |
///
/// Behind a load balancer that keeps its connections open, `header_read_timeout` should be longer than the load
/// balancer's idle timeout (AWS's Application Load Balancer: 60 s). Otherwise the load balancer may send a request
/// on a connection that the server is closing.
///
/// # Requests that are refused
///
/// As in Node, an HTTP/1.1 request without a `Host` gets a 400, as does one whose `Transfer-Encoding` names `chunked`
/// twice, or whose target is a host alone (`GET x`); all of them close the connection. An `Expect` other than
/// `100-continue` is a 417.
///
/// # Errors
///
/// Awaiting the server returns an error if the listener fails permanently. A temporary error of `accept`, for
/// example if no file descriptor is left, is logged, and `accept` is called again after 0.1 seconds.
pub fn serve<L, S, B>(listener: L, service: S) -> Serve<S, L>
where
    L: Listener,
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    Serve::new(listener, service)
}
