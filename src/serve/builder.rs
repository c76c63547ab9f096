//! The server's settings, and its loop.

use super::connection;
use super::listener::{self, Listener};
use super::signal;
use super::state::Settings;
#[cfg(doc)]
use super::{serve, shutdown_signal};
use crate::body::{Body, BoxError};
use crate::client_headers;
use crate::request::RemoteAddr;
use crate::shutdown::{GracefulShutdown, Shutdown};
use bytes::Buf;
use http::uri::Scheme;
use http::{Request, Response};
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending};
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tower_service::Service;

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
    settings: Settings,
    stop: StopSettings,
}

/// What happens after the signal to stop.
struct StopSettings {
    shutdown: Option<Shutdown>,
    delay: Duration,
    grace_period: Duration,
    upgrade_grace_period: Option<Duration>,
}

/// The longest time limit: adding `Duration::MAX` to a point in time overflows on some platforms.
const MAX_TIME: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl<S, L: Listener> Serve<S, L> {
    pub(super) fn new(listener: L, service: S) -> Self {
        let settings = Settings {
            header_read_timeout: Duration::from_secs(30),
            send_timeout: Some(Duration::from_secs(60)),
            max_concurrent_streams: None,
            is_tls: listener.scheme() == Scheme::HTTPS,
        };
        let stop = StopSettings {
            shutdown: None,
            delay: Duration::ZERO,
            grace_period: Duration::from_secs(30),
            upgrade_grace_period: None,
        };
        Self { listener, service, signal: pending(), remote_addr: None, settings, stop }
    }
}

impl<S, L: Listener, F> Serve<S, L, F> {
    /// Stops the server when `signal` completes, usually [`shutdown_signal()`](shutdown_signal).
    ///
    /// The server then accepts no new connections, closes idle ones, and gives requests in flight the
    /// [`grace_period`](Self::grace_period) to complete. A connection that the kernel has accepted already is
    /// served, and one that is less than half a second old can still send its first request. The server logs the
    /// number of connections that it waits for. With `shutdown_signal`, a second signal ends the wait at once.
    pub fn with_graceful_shutdown<G: Future<Output = ()>>(self, signal: G) -> Serve<S, L, G> {
        let Self { listener, service, remote_addr, settings, stop, .. } = self;
        Serve { listener, service, signal, remote_addr, settings, stop }
    }

    /// Tells this handle when the signal to stop has come, for example for a health check; see [`Shutdown`].
    pub fn with_shutdown(mut self, shutdown: Shutdown) -> Self {
        self.stop.shutdown = Some(shutdown);
        self
    }

    /// Sets how long the server goes on as usual after the signal to stop, before it stops accepting connections.
    ///
    /// In this time a load balancer can notice that a health check fails; see [`with_shutdown`](Self::with_shutdown).
    /// The [`grace_period`](Self::grace_period) begins after it. With [`shutdown_signal()`](shutdown_signal), a second
    /// signal ends it.
    ///
    /// Default: zero.
    pub fn shutdown_delay(mut self, time: Duration) -> Self {
        self.stop.delay = time.min(MAX_TIME);
        self
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
        self.settings.header_read_timeout = time.min(MAX_TIME);
        self
    }

    /// Sets the time for which a client may take nothing of a response while bytes wait, or `None` for no limit.
    ///
    /// After it an HTTP/2 stream is reset, and an HTTP/1 connection closed, so that a client that does not read cannot
    /// keep a response in memory, or its handler alive. The time begins again with each piece that the client takes. It
    /// is measured where the server writes: a piece counts as taken when the kernel has it. A stream that has nothing to
    /// send is not cut off.
    ///
    /// Default: 60 seconds, as nginx's
    /// [`send_timeout`](https://nginx.org/en/docs/http/ngx_http_core_module.html#send_timeout).
    pub fn send_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.settings.send_timeout = time.into().map(|time| time.min(MAX_TIME));
        self
    }

    /// Sets how many requests of an HTTP/2 connection can be in flight at once.
    ///
    /// Together with the size of a body it bounds what one connection can make the server hold.
    ///
    /// Default: 200, hyper's.
    pub fn max_concurrent_streams(mut self, number: u32) -> Self {
        self.settings.max_concurrent_streams = Some(number);
        self
    }

    /// Sets the time for requests and streams in flight after the signal to stop, before they are cut off.
    ///
    /// Default: 30 seconds.
    pub fn grace_period(mut self, time: Duration) -> Self {
        self.stop.grace_period = time;
        self
    }

    /// Sets the time for upgraded connections, such as a `WebSocket`, after the signal to stop, before they are cut off.
    ///
    /// The server waits for them as it waits for requests. Their handlers learn of the stop from a [`Shutdown`].
    ///
    /// Default: the [`grace_period`](Self::grace_period).
    pub fn upgrade_grace_period(mut self, time: Duration) -> Self {
        self.stop.upgrade_grace_period = Some(time);
        self
    }
}

impl<S, L, F, B> IntoFuture for Serve<S, L, F>
where
    L: Listener,
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { mut listener, service, signal, remote_addr, settings, stop } = self;
        let StopSettings { shutdown, delay, grace_period, upgrade_grace_period } = stop;
        let upgrade_grace_period = upgrade_grace_period.unwrap_or(grace_period);
        client_headers::in_use();
        Box::pin(async move {
            let (graceful, watcher) = GracefulShutdown::new();
            let spawn = move |io, addr| {
                let remote_addr = remote_addr.map(|into| into(addr));
                let connection =
                    connection::serve(io, service.clone(), remote_addr, settings, watcher.clone());
                tokio::spawn(watcher.clone().scope(connection));
            };
            let mut stop = pin!(async move {
                signal.await;
                if let Some(shutdown) = shutdown {
                    shutdown.begin();
                }
                if !delay.is_zero() {
                    _ = timeout(delay, signal::next_signal()).await;
                }
            });
            loop {
                tokio::select! {
                    biased;
                    () = stop.as_mut() => break,
                    accepted = listener::accept(&mut listener) => match accepted {
                        Ok((io, addr)) => spawn(io, addr),
                        Err(error) => {
                            drop(spawn);
                            graceful.finish(grace_period, upgrade_grace_period, signal::next_signal()).await;
                            return Err(error);
                        }
                    },
                }
            }
            // This also drops the only watcher that does not belong to a connection.
            listener::accept_pending(listener, spawn).await;
            graceful.finish(grace_period, upgrade_grace_period, signal::next_signal()).await;
            Ok(())
        })
    }
}

impl<S, L: Listener + fmt::Debug, F> fmt::Debug for Serve<S, L, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("listener", &self.listener).finish_non_exhaustive()
    }
}
