//! The writing end of a stream, which a handler gets.

use super::Slot;
use crate::body::BoxError;
use crate::error::Error;
use crate::response::Closed;
use crate::response::Result;
use crate::shutdown::Shutdown;
use bytes::Bytes;
use http::HeaderMap;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;

/// Writes the body of a [`stream`](crate::ApiResponse::stream).
///
/// It implements [`AsyncWrite`], for example for `tokio::io::copy` or a compressor:
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};
///
/// async fn download(_req: ApiRequest, res: ApiResponse) -> Result {
///     let mut file = tokio::fs::File::open("report.csv").await.map_err(|_| Error::new(404, "no report"))?;
///     res.set_header("content-type", "text/csv").stream(|mut body| async move {
///         tokio::io::copy(&mut file, &mut body).await?;
///         Ok(())
///     })
/// }
/// ```
///
/// The writer can be moved to another task. The stream ends when the closure's future is complete and the writer is
/// dropped.
pub struct BodyWriter {
    slot: Arc<Slot>,
    shutdown: Option<Shutdown>,
}

impl BodyWriter {
    pub(super) fn new(slot: Arc<Slot>, shutdown: Option<Shutdown>) -> Self {
        Self { slot, shutdown }
    }

    /// Sends a chunk, and waits until the connection has taken it. An empty chunk is a [`flush`](Self::flush).
    ///
    /// If the future is dropped, for example in a `select!`, the chunk is sent in full or not at all.
    ///
    /// # Errors
    ///
    /// Returns [`Closed`] if the client has disconnected, or after
    /// [`close_after_shutdown`](Self::close_after_shutdown). A writer that stays in its closure is dropped if the client
    /// has disconnected.
    pub async fn write(&mut self, chunk: impl Into<Bytes>) -> Result<(), Closed> {
        let chunk = chunk.into();
        let mut chunk = (!chunk.is_empty()).then_some(chunk);
        let flush = chunk.is_none();
        poll_fn(|cx| if flush { self.slot.poll_flush(true, cx) } else { self.slot.poll_put(&mut chunk, cx) })
            .await
    }

    /// Sends the head, if it has not been sent. Chunks need no flush.
    ///
    /// # Errors
    ///
    /// Returns [`Closed`] if the client has disconnected.
    pub async fn flush(&mut self) -> Result<(), Closed> {
        poll_fn(|cx| self.slot.poll_flush(true, cx)).await
    }

    /// Sends every chunk of a stream.
    ///
    /// ```
    /// use futures_util::stream;
    /// use tower_api_routes::{ApiRequest, ApiResponse, BoxError, Result};
    ///
    /// async fn lines(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.stream(|mut body| async move {
    ///         body.write("first,second\n").await?;
    ///         body.write_stream(stream::iter([Ok::<_, BoxError>("1,2\n"), Ok("3,4\n")])).await
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if the client has disconnected, or if the stream fails.
    pub async fn write_stream<S, D, E>(&mut self, stream: S) -> Result<()>
    where
        S: futures_core::Stream<Item = Result<D, E>>,
        D: Into<Bytes>,
        E: Into<BoxError>,
    {
        let mut stream = std::pin::pin!(stream);
        while let Some(chunk) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
            self.write(chunk.map_err(|error| Error::from_boxed(error.into()))?).await?;
        }
        Ok(())
    }

    /// Sets the trailers, which are sent at the end of a stream that is not cut off.
    ///
    /// Over HTTP/1.1 the response's `Trailer` header must name the fields, and the request must have
    /// `TE: trailers`; otherwise hyper leaves the trailers out.
    ///
    /// ```
    /// use http::{HeaderMap, HeaderValue};
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn report(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.set_header("trailer", "x-rows").stream(|mut body| async move {
    ///         body.write("first,second").await?;
    ///         body.add_trailers(HeaderMap::from_iter([(
    ///             "x-rows".parse()?,
    ///             HeaderValue::from_static("2"),
    ///         )]));
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// Source: [`response.addTrailers`](https://nodejs.org/api/http.html#responseaddtrailersheaders),
    /// [RFC 9110, 6.5](https://www.rfc-editor.org/rfc/rfc9110#section-6.5).
    pub fn add_trailers(&mut self, trailers: HeaderMap) {
        self.slot.set_trailers(trailers);
    }

    /// Returns whether writes fail, because the client has disconnected or the server stops.
    pub fn is_closed(&self) -> bool {
        self.slot.is_closed()
    }

    /// Returns a handle of the server's stop, which begins when the server no longer accepts connections.
    ///
    /// A stream that waits for something else than its client can end by itself, and does not use up the
    /// [`grace_period`](crate::Serve::grace_period). Under another server than [`serve`](crate::serve()) the stop never
    /// begins.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.stream(|mut body| async move {
    ///         let shutdown = body.server_shutdown();
    ///         loop {
    ///             body.write("tick\n").await?;
    ///             tokio::select! {
    ///                 () = shutdown.begun() => return Ok(()),
    ///                 () = tokio::time::sleep(Duration::from_secs(60)) => {}
    ///             }
    ///         }
    ///     })
    /// }
    /// ```
    pub fn server_shutdown(&self) -> Shutdown {
        self.shutdown.clone().unwrap_or_default()
    }

    /// Makes writes fail with [`Closed`] once this time has passed after the server's stop has begun.
    ///
    /// A chunk that waits is still sent. Default: writes do not fail before the
    /// [`grace_period`](crate::Serve::grace_period) is over.
    pub fn close_after_shutdown(&mut self, time: Duration) {
        self.slot.set_close_after(time, false);
    }

    pub(in crate::response) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }
}

/// `poll_write` fills the slot, and `poll_flush` waits until the chunk is taken.
impl AsyncWrite for BodyWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        // A large slice is in memory already, so it is copied in parts.
        const MAX_COPY: usize = 64 * 1024;
        if data.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let data = &data[..data.len().min(MAX_COPY)];
        self.slot.poll_copy(data, cx).map_ok(|()| data.len()).map_err(broken_pipe)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.slot.poll_flush(true, cx).map_err(broken_pipe)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.slot.poll_flush(false, cx).map_err(broken_pipe)
    }
}

fn broken_pipe(closed: Closed) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, closed)
}

impl Drop for BodyWriter {
    fn drop(&mut self) {
        self.slot.finish();
    }
}

impl fmt::Debug for BodyWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyWriter").field("closed", &self.is_closed()).finish()
    }
}
