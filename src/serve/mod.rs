//! A server for HTTP/1.1 and HTTP/2 on hyper.
//!
//! hyper and hyper-util serve the connections. This module adds what they lack: a time limit for the first byte of
//! a connection (`connection`), closing without losing a response and a delayed end of input (`stream`, until
//! `service` sees an upgrade), accepting clients that are waiting when the server stops (`listener`), and the
//! phases of a graceful shutdown (`graceful`).

mod connection;
mod graceful;
mod listener;
mod service;
mod signal;
mod stream;
mod version;

pub use listener::Listener;
pub use signal::shutdown_signal;

use crate::body::BoxError;
use crate::client_headers;
use crate::request::RemoteAddr;
use bytes::Buf;
use graceful::GracefulShutdown;
use http::{Request, Response};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending};
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::net::TcpListener;
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
/// [`ApiRouter`](crate::ApiRouter), or any other tower service of a `Request<hyper::body::Incoming>` that is
/// `Clone` and whose error is `Infallible`: a router inside tower-http's layers, for example. Wrap a service of a
/// `Request<Body>` in tower-http's `MapRequestBodyLayer::new(Body::new)`.
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
/// | time for requests in flight when the server stops | 30 s | [`grace_period`](Serve::grace_period) |
/// | HTTP/2 pings | every 20 s, a reply within 20 s | |
/// | size of a request's head | HTTP/1: 128 KB, and the target 65,534 bytes; HTTP/2: 16 KB | |
/// | number of headers, HTTP/1 | 100, usually the first limit that is reached; a request with more headers gets a 431 | |
/// | streams of an HTTP/2 connection at once | 200 | |
/// | size of a request's body | 1 MB | [`RouteConfig::size_limit`](crate::RouteConfig::size_limit) |
/// | time for a request's body and its response | none | [`RouteConfig::max_duration`](crate::RouteConfig::max_duration) |
/// | reading the rest of a request after an early response, so that the client can read the response | 64 MB, 30 s, or 1 s without a byte | |
/// | time for a response after the client half-closes the connection, HTTP/1 | 0.1 s | |
/// | the client's address in `req.remote_addr()` | off | [`with_remote_addr`](Serve::with_remote_addr) |
///
/// Behind a load balancer that keeps its connections open, `header_read_timeout` should be longer than the load
/// balancer's idle timeout (AWS's Application Load Balancer: 60 s). Otherwise the load balancer may send a request
/// on a connection that the server is closing.
///
/// # Errors
///
/// Awaiting the server returns an error if the listener fails permanently. A temporary error of `accept`, for
/// example if no file descriptor is left, is logged, and `accept` is called again after 0.1 seconds.
pub fn serve<L, S, B>(listener: L, service: S) -> Serve<S, L>
where
    L: Listener,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    Serve {
        listener,
        service,
        signal: pending(),
        remote_addr: None,
        header_read_timeout: Duration::from_secs(30),
        grace_period: Duration::from_secs(30),
    }
}

/// A server that has not started yet; see [`serve`].
///
/// ```no_run
/// use std::time::Duration;
/// use tower_api_routes::{ApiRouter, serve, shutdown_signal};
///
/// # async fn example() -> std::io::Result<()> {
/// let listener = tokio::net::TcpListener::bind("0.0.0.0:3000").await?;
/// serve(listener, ApiRouter::new())
///     .with_remote_addr()
///     .header_read_timeout(Duration::from_secs(75)) // longer than the load balancer's 60 s
///     .with_graceful_shutdown(shutdown_signal())
///     .grace_period(Duration::from_secs(25)) // shorter than the platform's 30 s
///     .await
/// # }
/// ```
#[must_use = "a server runs when it is awaited"]
pub struct Serve<S, L: Listener = TcpListener, F = Pending<()>> {
    listener: L,
    service: S,
    signal: F,
    remote_addr: Option<fn(L::Addr) -> RemoteAddr>,
    header_read_timeout: Duration,
    grace_period: Duration,
}

impl<S, L: Listener, F> Serve<S, L, F> {
    /// Stops the server when `signal` completes, usually [`shutdown_signal()`](shutdown_signal).
    ///
    /// The server then accepts no new connections, closes idle ones, and gives requests in flight the
    /// [`grace_period`](Self::grace_period) to complete. A connection that the kernel has accepted already is
    /// served, and one that is less than half a second old can still send its first request. The server logs the
    /// number of connections that it waits for. With `shutdown_signal`, a second signal ends the wait at once.
    pub fn with_graceful_shutdown<G: Future<Output = ()>>(self, signal: G) -> Serve<S, L, G> {
        let Self { listener, service, signal: _, remote_addr, header_read_timeout, grace_period } = self;
        Serve { listener, service, signal, remote_addr, header_read_timeout, grace_period }
    }

    /// Inserts a [`RemoteAddr`] into the extensions of each request, for
    /// [`req.remote_addr()`](crate::ApiRequest::remote_addr). A client of a Unix socket has no address.
    ///
    /// Behind a proxy this is the proxy's address.
    ///
    /// Default: off, because the first extension of a request needs an allocation.
    pub fn with_remote_addr(mut self) -> Self
    where
        L::Addr: Into<RemoteAddr>,
    {
        self.remote_addr = Some(Into::into);
        self
    }

    /// Sets the time for the head of an HTTP/1 request, and the time for which a connection can be idle before and
    /// between requests (keep-alive).
    ///
    /// The time for the first head starts with its first byte, so a new connection can take up to twice as long. An
    /// HTTP/2 connection is closed if the client does not reply to a ping.
    ///
    /// Default: 30 seconds.
    pub fn header_read_timeout(mut self, time: Duration) -> Self {
        // Adding `Duration::MAX` to a point in time overflows on some platforms.
        self.header_read_timeout = time.min(Duration::from_secs(365 * 24 * 60 * 60));
        self
    }

    /// Sets the time for requests and streams in flight after the signal to stop, before they are cut off.
    ///
    /// Default: 30 seconds.
    pub fn grace_period(mut self, time: Duration) -> Self {
        self.grace_period = time;
        self
    }
}

impl<S, L, F, B> IntoFuture for Serve<S, L, F>
where
    L: Listener,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { mut listener, service, signal, remote_addr, header_read_timeout, grace_period } = self;
        client_headers::in_use();
        Box::pin(async move {
            let (shutdown, watcher) = GracefulShutdown::new();
            let spawn = move |io, addr| {
                let remote_addr = remote_addr.map(|into| into(addr));
                let watcher = watcher.clone();
                tokio::spawn(connection::serve(
                    io,
                    service.clone(),
                    remote_addr,
                    header_read_timeout,
                    watcher,
                ));
            };
            let mut signal = pin!(signal);
            loop {
                tokio::select! {
                    biased;
                    () = signal.as_mut() => break,
                    accepted = listener::accept(&mut listener) => match accepted {
                        Ok((io, addr)) => spawn(io, addr),
                        Err(error) => {
                            drop(spawn);
                            shutdown.finish(grace_period, signal::next_signal()).await;
                            return Err(error);
                        }
                    },
                }
            }
            // This also drops the only watcher that does not belong to a connection.
            listener::accept_pending(listener, spawn).await;
            shutdown.finish(grace_period, signal::next_signal()).await;
            Ok(())
        })
    }
}

impl<S, L: Listener + fmt::Debug, F> fmt::Debug for Serve<S, L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("listener", &self.listener).finish_non_exhaustive()
    }
}
