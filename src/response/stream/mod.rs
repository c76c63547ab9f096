//! Streams responses: the writing part of a handler runs inside the response body.

mod body;
mod slot;
mod writer;

pub(super) use slot::Slot;
pub use writer::BodyWriter;

use super::{ApiResponse, Response};
use crate::body::Body;
use crate::response::Result;
use body::WriterBody;
use std::future::Future;
use std::sync::Arc;

impl<T: ?Sized> ApiResponse<T> {
    /// Streams a response: the closure gets a [`BodyWriter`], and its future runs inside the response body.
    ///
    /// Nothing is spawned, and one chunk is in flight: a slow client slows the writer down, and a client that
    /// disconnects drops the future. The stream ends with the future.
    ///
    /// As in Node, the head is sent with the first [`write`](BodyWriter::write) or [`flush`](BodyWriter::flush). An
    /// error or a panic before that becomes a response like that of any handler. A later one cuts the stream off,
    /// so that the client does not take it for complete.
    ///
    /// Responses to HEAD, and those with 204 or 304, have no body: their future is dropped as soon as the head is
    /// known.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.write_head(200, [("content-type", "text/event-stream")]).stream(|mut body| async move {
    ///         for i in 0..10 {
    ///             body.write(format!("data: {i}\n\n")).await?;
    ///             tokio::time::sleep(Duration::from_secs(1)).await;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// Guide: [streaming](crate::guide::streaming).
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    ///
    /// Source: [streaming responses](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#streaming-responses).
    pub fn stream<F, Fut>(self, write: F) -> Result
    where
        F: FnOnce(BodyWriter) -> Fut,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        let slot = Arc::new(Slot::default());
        let future = write(BodyWriter::new(Arc::clone(&slot)));
        self.head(Body::boxed(WriterBody::new(future, slot))).map(Response::stream)
    }
}
