//! Where connections come from.

use crate::log;
#[cfg(unix)]
use crate::request::RemoteAddr;
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
/// It is implemented for Tokio's [`TcpListener`], which also turns Nagle's algorithm off for each connection, and on Unix
/// for its `UnixListener`. Implement it to serve anything else that reads and writes: TLS, or connections in memory.
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
/// `accept` returns a connection before its handshake, and the handshake is part of the connection's first read. It then
/// runs in the connection's own task, within the time limit for the first byte, and a slow client delays nobody. The
/// example `tls.rs` shows it.
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
    /// `serve` ends with an error of the kind [`InvalidInput`](io::ErrorKind::InvalidInput), which a socket returns that no
    /// longer listens, or [`BrokenPipe`](io::ErrorKind::BrokenPipe). After a reset, refused or aborted connection it calls
    /// `accept` again at once, after any other error (no file descriptor left, for example) in a tenth of a second.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Io, Self::Addr)>> + Send;
}

impl Listener for TcpListener {
    type Io = TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> io::Result<(Self::Io, Self::Addr)> {
        let (stream, addr) = TcpListener::accept(self).await?;
        // Small responses are sent at once. A socket that refuses this still works.
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

/// Waits for the next connection, trying again after errors that pass.
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

/// Accepts the clients that the kernel has connected already, which it would reset when the listener is closed.
pub(super) async fn accept_pending<L: Listener>(mut listener: L, serve: impl Fn(L::Io, L::Addr)) {
    /// For the runtime to hear from the kernel.
    const WAIT: Duration = Duration::from_millis(5);
    /// The kernel's own limit, by default.
    const MOST: usize = 4096;
    let mut next = timeout(WAIT, accept(&mut listener)).await.ok();
    for _ in 0..MOST {
        let Some(Ok((io, addr))) = next else { return };
        serve(io, addr);
        // Without Tokio's budget, so that `Pending` means that the kernel has no more. The listener is closed right then.
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
    /// A client of a Unix socket has no address.
    fn from(_: tokio::net::unix::SocketAddr) -> Self {
        Self::from(None)
    }
}
