//! A server on hyper: HTTP/1.1 and HTTP/2 on one port.

mod connection;
mod head_timer;
mod linger;
mod position;
mod preface;
mod request_line;
mod service;
mod stop;

use crate::body::BoxError;
use crate::log;
use bytes::Buf;
use http::{Request, Response};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending};
use std::io;
use std::pin::Pin;
use std::time::Duration;
use stop::Stop;
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

/// Serves HTTP/1.1 and HTTP/2 on a listener, until it is told to stop.
///
/// It prints nothing, and one connection's fault is never another's. Awaiting it runs the server:
///
/// ```no_run
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
///
/// async fn hello(_req: ApiRequest, res: ApiResponse) -> Result { res.send("hello") }
///
/// #[tokio::main]
/// async fn main() -> std::io::Result<()> {
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
///     let api = ApiRouter::new().route("/api/hello", hello);
///     tower_api_routes::serve(listener, api)
///         .with_graceful_shutdown(async { _ = tokio::signal::ctrl_c().await })
///         .await
/// }
/// ```
///
/// Any other service of a `Request<hyper::body::Incoming>` that is `Clone` and whose error is `Infallible` does as well, a
/// router inside of tower-http's layers say. One that wants a `Request<Body>` goes inside tower-http's
/// `MapRequestBodyLayer::new(Body::new)`.
///
/// Dropping the server's future ends its connections at once. Those that were upgraded (a WebSocket, say) belong to
/// whoever upgraded them.
///
/// # Errors
///
/// Awaiting it gives an error if the listener is broken for good. A passing failure to accept (no file descriptor left, say)
/// is logged and tried again.
pub fn serve<S>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        signal: pending(),
        header_read_timeout: Duration::from_secs(30),
        grace_period: Duration::from_secs(30),
    }
}

/// A server that is set up and not running yet; see [`serve`].
#[must_use = "a server runs when it is awaited"]
pub struct Serve<S, F = Pending<()>> {
    listener: TcpListener,
    service: S,
    signal: F,
    header_read_timeout: Duration,
    grace_period: Duration,
}

impl<S, F> Serve<S, F> {
    /// Stops when the future is done: new connections are refused, and what is under way may end within the
    /// [`grace_period`](Self::grace_period).
    ///
    /// A connection that the kernel has taken in already is served. An idle one is closed, and one that was opened less
    /// than half a second ago may still send its request.
    pub fn with_graceful_shutdown<G: Future<Output = ()>>(self, signal: G) -> Serve<S, G> {
        let Self { listener, service, signal: _, header_read_timeout, grace_period } = self;
        Serve { listener, service, signal, header_read_timeout, grace_period }
    }

    /// How long a client may take for the head of a request over HTTP/1, the wait for its first byte on a connection and
    /// between requests included. Behind a request with a body, which may go on after its answer, the time begins anew with
    /// each piece that comes, up to ten times as long. (HTTP/2 has pings, which find out who has gone.)
    ///
    /// Default: 30 seconds.
    pub fn header_read_timeout(mut self, time: Duration) -> Self {
        // Some clocks cannot count to `Duration::MAX`.
        self.header_read_timeout = time.min(Duration::from_secs(365 * 24 * 60 * 60));
        self
    }

    /// How long requests and streams under way may go on after the signal to stop; then they are cut. Default: 30 seconds.
    pub fn grace_period(mut self, time: Duration) -> Self {
        self.grace_period = time;
        self
    }

    async fn run<B>(self) -> io::Result<()>
    where
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
            + Clone
            + Send
            + 'static,
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
        F: Future<Output = ()>,
    {
        let Self { listener, service, signal, header_read_timeout, grace_period } = self;
        let (stop, phase) = Stop::new();
        let spawn =
            move |stream| connection::spawn(stream, service.clone(), header_read_timeout, phase.clone());
        let mut signal = std::pin::pin!(signal);
        let outcome = loop {
            tokio::select! {
                biased;
                () = signal.as_mut() => break Ok(()),
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => spawn(stream),
                    Err(error) => if let Err(error) = accept_failed(error).await {
                        break Err(error);
                    },
                },
            }
        };
        // This also drops the last phase that belongs to no connection.
        take_in_the_rest(listener).into_iter().for_each(spawn);
        stop.finish(grace_period).await;
        outcome
    }
}

/// Closes the listener. The kernel has connected some clients that were not accepted yet, and would reset them.
fn take_in_the_rest(listener: TcpListener) -> Vec<TcpStream> {
    /// The kernel's own limit for those is 4,096.
    const MOST: usize = 4096;
    let Ok(listener) = listener.into_std() else { return Vec::new() };
    let accept = |_| {
        let (stream, _) = listener.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    (0..MOST).map_while(accept).collect()
}

/// A connection that was reset before it was accepted is its client's business; a lack of descriptors passes.
async fn accept_failed(error: io::Error) -> io::Result<()> {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    match error.kind() {
        ConnectionAborted | ConnectionRefused | ConnectionReset => {}
        InvalidInput => return Err(error),
        _ => {
            log::accept_failed(&error);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    Ok(())
}

impl<S, F, B> IntoFuture for Serve<S, F>
where
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
        Box::pin(self.run())
    }
}

impl<S, F> fmt::Debug for Serve<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("listener", &self.listener).finish_non_exhaustive()
    }
}
