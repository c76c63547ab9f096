//! Lets through what Node lets through: `"`, `<`, `>` and a backtick, unencoded, in a request's target.
//!
//! The URI type of the ecosystem refuses them, so hyper would answer 400 before any service is asked. They are
//! percent-encoded on their way in, as the [URL standard](https://url.spec.whatwg.org/#query-state) does, in the first line
//! of a request only.
//!
//! Where that line begins is never guessed. It is known at the start of a connection, and after a request without a body
//! whose head was the last thing that came; elsewhere (HTTP/2, a request after a body, a head that came in pieces behind
//! another) nothing is touched. The framing of messages stays hyper's alone.

use super::preface::Preface;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Whether the next byte of a connection begins the head of a request.
#[derive(Clone, Debug)]
pub(super) struct AtHead(Arc<Position>);

#[derive(Debug)]
struct Position {
    at_head: AtomicBool,
    /// The last read ended with an empty line, as a head does.
    after_empty_line: AtomicBool,
    /// Enough has come to tell the version of HTTP.
    begun: AtomicBool,
}

impl Default for AtHead {
    fn default() -> Self {
        let [after_empty_line, begun] = [const { AtomicBool::new(false) }; 2];
        Self(Arc::new(Position { at_head: AtomicBool::new(true), after_empty_line, begun }))
    }
}

impl AtHead {
    fn get(&self) -> bool {
        self.0.at_head.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, at_head: bool) {
        self.0.at_head.store(at_head, Ordering::Relaxed);
    }

    fn has_read(&self, bytes: &[u8]) {
        self.0.after_empty_line.store(bytes.ends_with(b"\r\n\r\n"), Ordering::Relaxed);
    }

    fn begin(&self) {
        self.0.begun.store(true, Ordering::Relaxed);
    }

    /// Whether a first request, or a connection of HTTP/2, has begun.
    pub(super) fn has_begun(&self) -> bool {
        self.0.begun.load(Ordering::Relaxed)
    }

    pub(super) fn after_empty_line(&self) -> bool {
        self.0.after_empty_line.load(Ordering::Relaxed)
    }
}

/// A connection whose request lines are encoded on their way in.
pub(super) struct RequestLine<T> {
    inner: T,
    at_head: AtHead,
    preface: Preface,
    /// The line goes on in the next read.
    in_line: bool,
    /// What no longer fitted into the reader's buffer.
    rest: Vec<u8>,
}

impl<T> RequestLine<T> {
    pub(super) fn new(inner: T, at_head: AtHead, header_read_timeout: Duration) -> Self {
        let preface = Preface::new(header_read_timeout);
        Self { inner, at_head, preface, in_line: false, rest: Vec::new() }
    }

    /// Looks at what was read at the start of a head; gives the bytes in its place if it must change.
    fn encode(&mut self, read: &[u8]) -> Option<Vec<u8>> {
        let mut clean = true;
        let end = read.iter().position(|byte| {
            clean &= encoded(*byte).is_none();
            *byte == b'\n'
        });
        if !self.in_line && !looks_like_a_request(read) {
            self.at_head.set(false);
            return None;
        }
        self.in_line = end.is_none();
        self.at_head.set(self.in_line);
        if clean {
            return None;
        }
        let (line, after) = read.split_at(end.unwrap_or(read.len()));
        let mut out = Vec::with_capacity(read.len() + 32);
        for byte in line {
            out.extend_from_slice(encoded(*byte).unwrap_or(std::slice::from_ref(byte)));
        }
        out.extend_from_slice(after);
        Some(out)
    }
}

/// A method and a path. The preface of HTTP/2 has none.
fn looks_like_a_request(bytes: &[u8]) -> bool {
    let method = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    method > 0 && bytes.get(method..).is_some_and(|rest| rest.starts_with(b" /"))
}

fn encoded(byte: u8) -> Option<&'static [u8]> {
    match byte {
        b'"' => Some(b"%22"),
        b'<' => Some(b"%3C"),
        b'>' => Some(b"%3E"),
        b'`' => Some(b"%60"),
        _ => None,
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for RequestLine<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.rest.is_empty() {
            let length = this.rest.len().min(buf.remaining());
            buf.put_slice(&this.rest[..length]);
            this.rest.drain(..length);
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        match Pin::new(&mut this.inner).poll_read(cx, buf)? {
            Poll::Ready(()) => {}
            Poll::Pending if !this.preface.is_known() => {
                return this.preface.poll_too_late(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
            }
            Poll::Pending => return Poll::Pending,
        }
        let Some(read) = buf.filled().get(before..) else { return Poll::Ready(Ok(())) };
        if !this.preface.is_known() {
            this.preface.read(read);
            if this.preface.is_known() {
                this.at_head.begin();
            }
        }
        this.at_head.has_read(read);
        if this.at_head.get() {
            if let Some(encoded) = this.encode(read) {
                buf.set_filled(before);
                let length = encoded.len().min(buf.remaining());
                buf.put_slice(&encoded[..length]);
                this.rest.extend_from_slice(&encoded[length..]);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for RequestLine<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    /// What hyper would read if the bytes came in these pieces.
    async fn read(pieces: &[&str], buffer: usize) -> String {
        let (mut client, server) = tokio::io::duplex(4096);
        let mut server = RequestLine::new(server, AtHead::default(), Duration::from_secs(30));
        let mut out = Vec::new();
        for piece in pieces {
            client.write_all(piece.as_bytes()).await.unwrap();
            let mut space = vec![0; buffer];
            loop {
                let read = server.read(&mut space);
                match tokio::time::timeout(Duration::from_millis(20), read).await {
                    Ok(read) => out.extend_from_slice(&space[..read.unwrap()]),
                    Err(_) => break,
                }
            }
        }
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn only_the_first_line_is_encoded() {
        let cases: &[(&[&str], &str)] = &[
            (&["GET /?a=<b> HTTP/1.1\r\nX: <y>\r\n\r\n"], "GET /?a=%3Cb%3E HTTP/1.1\r\nX: <y>\r\n\r\n"),
            (
                &["GET /?a=\"`", "<b> HTTP/1.1\r\n", "X: <y>\r\n"],
                "GET /?a=%22%60%3Cb%3E HTTP/1.1\r\nX: <y>\r\n",
            ),
            (&["GET /x HTTP/1.1\r\n", "<y>"], "GET /x HTTP/1.1\r\n<y>"),
            (&["PRI * HTTP/2.0\r\n\r\nSM<>\r\n"], "PRI * HTTP/2.0\r\n\r\nSM<>\r\n"),
            (&["<GET / HTTP/1.1\r\n"], "<GET / HTTP/1.1\r\n"),
        ];
        for (pieces, expected) in cases {
            for buffer in [1024, 7] {
                assert_eq!(read(pieces, buffer).await, *expected, "with a buffer of {buffer}");
            }
        }
    }
}
