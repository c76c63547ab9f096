//! The sources of connections.

use crate::log;
#[cfg(unix)]
use crate::request::RemoteAddr;
use http::uri::Scheme;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::unconstrained;
use tokio::time::{sleep, timeout};

/// A source of connections for [`serve`](super::serve).
///
/// It is implemented for Tokio's [`TcpListener`], which also turns Nagle's algorithm off for each connection, and
/// on Unix for its `UnixListener`. Implement it to serve other connections that read and write, for example TLS or
/// connections in memory.
///
/// ```
/// use std::{io, net::SocketAddr};
/// use tokio::net::{TcpListener, TcpStream};
/// use tower_api_routes::Listener;
///
/// /// Serves only clients on this machine.
/// struct LocalOnly(TcpListener);
///
/// impl Listener for LocalOnly {
///     type Io = TcpStream;
///     type Addr = SocketAddr;
///
///     async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
///         loop {
///             let (stream, addr) = self.0.accept().await?;
///             if addr.ip().is_loopback() {
///                 return Ok((stream, addr));
///             }
///         }
///     }
/// }
/// ```
///
/// # TLS
///
/// Return a connection from `accept` before its handshake, and let its first read perform the handshake. The
/// handshake then runs in the connection's own task, within the time limit for the first byte, and a slow client
/// does not delay the others. Return `https` from [`scheme`](Listener::scheme). The example `tls.rs` shows how.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a source of connections for `serve`",
    label = "not a `Listener`",
    note = "pass a `tokio::net::TcpListener`, a `tokio::net::UnixListener`, or a type of your own that implements `tower_api_routes::Listener`"
)]
pub trait Listener: Send + 'static {
    /// A connection.
    type Io: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The address of a client.
    type Addr: Send;

    /// Waits for the next connection.
    ///
    /// The future must be cancel safe: `serve` drops it when the server stops.
    ///
    /// # Errors
    ///
    /// An error of the kind [`InvalidInput`](io::ErrorKind::InvalidInput), which a socket that no longer listens
    /// returns, or [`BrokenPipe`](io::ErrorKind::BrokenPipe) ends `serve`. After a reset, refused or aborted
    /// connection, `serve` calls `accept` again at once. After any other error, for example if no file descriptor
    /// is left, it waits for 0.1 seconds first.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Self::Addr)>> + Send;

    /// Returns the scheme of the connections: `https` if they are encrypted.
    ///
    /// A proxy behind `serve` passes it on as `X-Forwarded-Proto`. Default: `http`.
    fn scheme(&self) -> Scheme {
        Scheme::HTTP
    }
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> io::Result<(Self::Io, Self::Addr)> {
        let (stream, addr) = TcpListener::accept(self).await?;
        // Without Nagle's algorithm small responses are sent at once. A socket that rejects the option still works.
        _ = stream.set_nodelay(true);
        Ok((stream, addr))
    }
}

#[cfg(unix)]
impl Listener for tokio::net::UnixListener {
    type Io = tokio::net::UnixStream;
    type Addr = tokio::net::unix::SocketAddr;

    async fn accept(&mut self) -> io::Result<(Self::Io, Self::Addr)> {
        tokio::net::UnixListener::accept(self).await
    }
}

/// Waits for the next connection, and tries again after temporary errors.
pub(super) async fn accept<L: Listener>(listener: &mut L) -> io::Result<(L::Io, L::Addr)> {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, InvalidInput};
    const PAUSE: Duration = Duration::from_millis(100);
    loop {
        match listener.accept().await {
            Ok(accepted) => return Ok(accepted),
            Err(error) => match error.kind() {
                ConnectionAborted | ConnectionRefused | ConnectionReset => {}
                BrokenPipe | InvalidInput => return Err(error),
                _ => {
                    log::accept_failed(&error);
                    sleep(PAUSE).await;
                }
            },
        }
    }
}

/// Accepts the clients that the kernel has connected already. Closing the listener would reset them.
pub(super) async fn accept_pending<L: Listener>(mut listener: L, serve: impl Fn(L::Io, L::Addr)) {
    /// The time for the runtime to receive events from the kernel.
    const WAIT: Duration = Duration::from_millis(5);
    /// The kernel's default limit of such clients.
    const MAX_PENDING: usize = 4096;
    let mut next = timeout(WAIT, accept(&mut listener)).await.ok();
    for _ in 0..MAX_PENDING {
        let Some(Ok((io, addr))) = next else { return };
        serve(io, addr);
        // Outside Tokio's cooperative budget, `Pending` means that the kernel has no more clients.
        let mut accept = pin!(unconstrained(accept(&mut listener)));
        next = poll_fn(|cx| match accept.as_mut().poll(cx) {
            Poll::Ready(accepted) => Poll::Ready(Some(accepted)),
            Poll::Pending => Poll::Ready(None),
        })
        .await;
    }
}

#[cfg(unix)]
impl From<tokio::net::unix::SocketAddr> for RemoteAddr {
    /// Returns no address: a client of a Unix socket has none.
    fn from(_: tokio::net::unix::SocketAddr) -> Self {
        Self::from(None)
    }
}
