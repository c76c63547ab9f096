//! Closing without cutting the answer off.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

/// A stream that reads on for a moment after its last byte was written.
///
/// An answer that comes before the request's body was read (413, say) closes the connection. If the client is still sending
/// then, the kernel resets it, and the answer is lost with what was not read. So the rest is read and thrown away first,
/// until the client is done or silent, or a limit in time or size is reached: [RFC 9112, 9.6](https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
pub(super) struct Linger {
    stream: TcpStream,
    state: State,
}

enum State {
    Open,
    Draining { left: usize, until: Instant, silence: Pin<Box<Sleep>> },
    Closed,
}

impl Linger {
    const SILENCE: Duration = Duration::from_secs(1);
    const TIME: Duration = Duration::from_secs(30);
    const SIZE: usize = 64 * 1024 * 1024;

    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, state: State::Open }
    }
}

impl AsyncRead for Linger {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Linger {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Open => {
                    ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
                    let (left, until) = (Self::SIZE, Instant::now() + Self::TIME);
                    this.state = State::Draining { left, until, silence: Box::pin(sleep(Self::SILENCE)) };
                }
                State::Draining { left, until, silence } => {
                    let mut space = [0; 8192];
                    let mut buf = ReadBuf::new(&mut space);
                    let over = match Pin::new(&mut this.stream).poll_read(cx, &mut buf) {
                        Poll::Ready(Ok(())) => {
                            *left = left.saturating_sub(buf.filled().len());
                            silence.as_mut().reset(Instant::now() + Self::SILENCE);
                            buf.filled().is_empty() || *left == 0 || Instant::now() > *until
                        }
                        Poll::Ready(Err(_)) => true,
                        Poll::Pending => {
                            ready!(silence.as_mut().poll(cx));
                            true
                        }
                    };
                    if over {
                        this.state = State::Closed;
                    }
                }
                State::Closed => return Poll::Ready(Ok(())),
            }
        }
    }
}
