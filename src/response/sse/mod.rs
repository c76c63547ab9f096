//! Server-sent events, on top of streams.

mod event;
mod keep_alive;

pub use event::Event;

use super::stream::Slot;
use super::{ApiResponse, BodyWriter, Closed};
use crate::response::Result;
use crate::shutdown::Shutdown;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use keep_alive::KeepAlive;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

impl<T: ?Sized> ApiResponse<T> {
    /// Streams server-sent events, for the `EventSource` of browsers.
    ///
    /// The response is a [`stream`](Self::stream) with `Content-Type: text/event-stream`. Unless the handler has
    /// set them, it also has `Cache-Control: no-cache, no-transform`, without which a Next.js in front compresses the stream
    /// and holds it back, and `X-Accel-Buffering: no`, without which nginx buffers it. The head is sent with the first event, comment or [`flush`](EventWriter::flush).
    ///
    /// A browser that loses the connection reconnects, and sends the id of the last event that it received:
    /// [`req.last_event_id()`](crate::ApiRequest::last_event_id). It also reconnects after a stream has ended. To
    /// stop it, respond with 204.
    ///
    /// When the server stops, the stream ends behind its last event, and the closure's future is dropped; the browser
    /// reconnects, to another instance. [`close_after_shutdown`](EventWriter::close_after_shutdown) sets a time.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Event, Result};
    ///
    /// async fn ticks(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let seen = req.last_event_id().and_then(|id| id.parse::<u64>().ok());
    ///     res.sse(move |mut events| async move {
    ///         events.keep_alive(Duration::from_secs(15));
    ///         for i in seen.map_or(0, |seen| seen + 1).. {
    ///             events.send(Event::json(&i)?.event("tick").id(i.to_string())).await?;
    ///             tokio::time::sleep(Duration::from_secs(60)).await;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    ///
    /// Source: [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
    pub fn sse<F, Fut>(mut self, write: F) -> Result
    where
        F: FnOnce(EventWriter) -> Fut,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
        self.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        self.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache, no-transform"));
        self.headers_mut().entry(X_ACCEL_BUFFERING).or_insert(HeaderValue::from_static("no"));
        self.stream(|body| {
            let slot = Arc::clone(body.slot());
            slot.set_close_after(Duration::ZERO, true);
            KeepAlive::new(write(EventWriter { body }), slot)
        })
    }
}

/// Writes the events of an [`sse`](ApiResponse::sse) response.
#[derive(Debug)]
pub struct EventWriter {
    body: BodyWriter,
}

impl EventWriter {
    /// Sends an event, and waits until the connection has taken it. A string becomes the event's data.
    ///
    /// # Errors
    ///
    /// Returns an error if the event's name or id has a line break or a NUL, or if the client has disconnected.
    pub async fn send(&mut self, event: impl Into<Event>) -> Result<()> {
        let chunk = event.into().into_chunk()?;
        Ok(self.body.write(chunk).await?)
    }

    /// Sends a comment, which clients ignore.
    ///
    /// # Errors
    ///
    /// Returns [`Closed`] if the client has disconnected.
    pub async fn comment(&mut self, text: &str) -> Result<(), Closed> {
        self.body.write(event::comment(text)).await
    }

    /// Sends the head, if it has not been sent. It triggers the browser's `open` event.
    ///
    /// # Errors
    ///
    /// Returns [`Closed`] if the client has disconnected.
    pub async fn flush(&mut self) -> Result<(), Closed> {
        self.body.flush().await
    }

    /// Sets the interval after which an empty comment is sent if nothing else was, so that proxies keep the
    /// connection open. A usual value is 15 seconds. Default: zero, which sends no comments.
    ///
    /// Nothing is spawned: the body measures the time while the closure's future runs. Comments end with that
    /// future, even if the writer was moved to another task.
    pub fn keep_alive(&mut self, interval: Duration) {
        self.body.slot().set_keep_alive(interval);
    }

    /// Returns a handle of the server's stop; see [`BodyWriter::server_shutdown`].
    pub fn server_shutdown(&self) -> Shutdown {
        self.body.server_shutdown()
    }

    /// Sets how long after the beginning of the server's stop the stream ends. Default: zero.
    pub fn close_after_shutdown(&mut self, time: Duration) {
        self.body.slot().set_close_after(time, true);
    }

    /// Returns whether writes fail, because the client has disconnected or the server stops.
    pub fn is_closed(&self) -> bool {
        self.body.is_closed()
    }
}
