//! The transport of a single connection, below hyper.

use super::state::Connection;
use super::version::Version;
use crate::shutdown::Open;
use bytes::Bytes;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// A transport that closes without losing the response, and delays the end of its input.
///
/// *Lingering*: an early response (a 413, for example) closes the connection while the client is still sending. The
/// kernel would then reset the connection, and the client would lose the response. The rest of the request is
/// therefore read and discarded first, until the client stops sending, or a limit in time or size is reached: [RFC
/// 9112, 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
///
/// *The end of the input*: hyper treats it as the end of the connection, and drops the request in flight. Because
/// of the delay, a client that half-closes right after its request (`nc -N`, health probes) gets a response that
/// takes less than 0.1 seconds.
///
/// Both apply only before an upgrade. The delay applies only to HTTP/1, because each HTTP/2 request has its own
/// end.
///
/// *A client that takes nothing*: a limit of the connection's clock is set while bytes wait to be written.
///
/// *An upgrade*: the server waits for the connection, and cuts it off, as long as its handler has it.
pub(super) struct Transport<Io> {
    io: Io,
    /// The bytes that were read to determine the version.
    first: Bytes,
    is_http1: bool,
    state: State,
    connection: Arc<Connection>,
    open: Open,
    /// The end of the server, for whoever reads and for whoever writes after an upgrade.
    over: [Option<Pin<Box<dyn Future<Output = ()> + Send>>>; 2],
}

const READ: usize = 0;
const WRITE: usize = 1;

enum State {
    Open,
    /// The client has half-closed the connection. hyper sees the end of input after the delay.
    InputEnded(Pin<Box<Sleep>>),
    Draining {
        left: usize,
        until: Instant,
        silence: Pin<Box<Sleep>>,
    },
    Closed,
}

impl<Io: AsyncRead + Unpin> Transport<Io> {
    const END_DELAY: Duration = Duration::from_millis(100);
    const MAX_SILENCE: Duration = Duration::from_secs(1);
    const MAX_TIME: Duration = Duration::from_secs(30);
    const MAX_SIZE: usize = 64 * 1024 * 1024;

    pub(super) fn new(io: Io, connection: Arc<Connection>) -> Self {
        Self {
            io,
            first: Bytes::new(),
            is_http1: false,
            state: State::Open,
            open: connection.watcher.open(),
            connection,
            over: [None, None],
        }
    }

    /// Reads enough to determine the version, and keeps the bytes for hyper. Returns `None` if the connection ends
    /// without a byte.
    pub(super) async fn version(&mut self) -> io::Result<Option<Version>> {
        let mut first = Vec::new();
        loop {
            let before = first.len();
            poll_fn(|cx| {
                // On the stack, because a server may have many idle connections.
                let mut space = [0; 8192];
                let mut buf = ReadBuf::new(&mut space);
                ready!(Pin::new(&mut self.io).poll_read(cx, &mut buf))?;
                first.extend_from_slice(buf.filled());
                Poll::Ready(io::Result::Ok(()))
            })
            .await?;
            if first.is_empty() {
                return Ok(None);
            }
            let is_all = first.len() == before;
            if let Some(version) = Version::of(&first).or(is_all.then_some(Version::Http1)) {
                self.first = first.into();
                self.is_http1 = version == Version::Http1;
                return Ok(Some(version));
            }
        }
    }
}

impl<Io> Transport<Io> {
    /// Fails once an upgraded connection has outlived the server.
    #[inline]
    fn check_over(&mut self, direction: usize, cx: &mut Context<'_>) -> io::Result<()> {
        if self.connection.is_upgraded() { self.check_upgraded(direction, cx) } else { Ok(()) }
    }

    #[cold]
    fn check_upgraded(&mut self, direction: usize, cx: &mut Context<'_>) -> io::Result<()> {
        self.open.set_upgraded();
        let over = self.over[direction].get_or_insert_with(|| self.connection.watcher.upgrades_over());
        match over.as_mut().poll(cx) {
            Poll::Pending => Ok(()),
            Poll::Ready(()) => {
                // A future is not polled after its end.
                self.over[direction] = None;
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the server has stopped"))
            }
        }
    }

    /// Sets the limit for a client that takes nothing while bytes wait.
    #[inline]
    fn wrote<T>(&self, polled: Poll<T>) -> Poll<T> {
        let Connection { clock, settings, .. } = &*self.connection;
        if polled.is_pending() != clock.is_blocked() && !self.connection.is_upgraded() {
            clock.set_blocked(polled.is_pending(), settings.send_timeout);
        }
        polled
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Transport<Io> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.check_over(READ, cx)?;
        if !this.first.is_empty() {
            buf.put_slice(&this.first.split_to(this.first.len().min(buf.remaining())));
            return Poll::Ready(Ok(()));
        }
        if let State::Open = this.state {
            let room = buf.remaining();
            ready!(Pin::new(&mut this.io).poll_read(cx, buf))?;
            if room == 0 || buf.remaining() < room || !this.is_http1 {
                return Poll::Ready(Ok(()));
            }
            this.state = State::InputEnded(Box::pin(sleep(Self::END_DELAY)));
        }
        match &mut this.state {
            State::InputEnded(delay) if !this.connection.is_upgraded() => delay.as_mut().poll(cx).map(Ok),
            _ => Poll::Ready(Ok(())),
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> Transport<Io> {
    /// Reads and discards input after the last response.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let State::Draining { left, until, silence } = &mut self.state else { return Poll::Ready(()) };
        loop {
            let mut space = [0; 8192];
            let mut buf = ReadBuf::new(&mut space);
            match Pin::new(&mut self.io).poll_read(cx, &mut buf) {
                Poll::Ready(Ok(())) if !buf.filled().is_empty() => {
                    *left = left.saturating_sub(buf.filled().len());
                    silence.as_mut().reset(Instant::now() + Self::MAX_SILENCE);
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return silence.as_mut().poll(cx),
            }
            if *left == 0 || Instant::now() > *until {
                return Poll::Ready(());
            }
        }
    }
}

impl<Io: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<Io> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.check_over(WRITE, cx)?;
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        self.wrote(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_over(WRITE, cx)?;
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.wrote(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.wrote(polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.connection.is_upgraded() {
            return Pin::new(&mut this.io).poll_shutdown(cx);
        }
        if let State::Open | State::InputEnded(_) = this.state {
            let polled = Pin::new(&mut this.io).poll_shutdown(cx);
            ready!(this.wrote(polled))?;
            let (left, until) = (Self::MAX_SIZE, Instant::now() + Self::MAX_TIME);
            this.state = State::Draining { left, until, silence: Box::pin(sleep(Self::MAX_SILENCE)) };
        }
        ready!(this.poll_linger(cx));
        this.state = State::Closed;
        Poll::Ready(Ok(()))
    }
}
