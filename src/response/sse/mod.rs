//! Server-sent events, on top of streams.

mod event;
mod keep_alive;

pub use event::Event;

use super::stream::Slot;
use super::{ApiResponse, BodyWriter, Closed};
use crate::response::Result;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use keep_alive::KeepAlive;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

impl<T: ?Sized> ApiResponse<T> {
    /// Streams server-sent events, for the `EventSource` of browsers.
    ///
    /// It is a [`stream`](Self::stream) in all respects, with `Content-Type: text/event-stream`, and with
    /// `Cache-Control: no-store` and `X-Accel-Buffering: no` (nginx holds a proxied stream back without it) unless the
    /// handler has set these. The head goes out with the first event, comment or [`flush`](EventWriter::flush).
    ///
    /// A browser that lost the connection asks again, and says what it saw last:
    /// [`req.last_event_id()`](crate::ApiRequest::last_event_id). It does so after a stream that has ended, too; a 204 tells
    /// it to stop.
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
    /// If something set before cannot be sent.
    ///
    /// Source: [server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).
    pub fn sse<F, Fut>(mut self, write: F) -> Result
    where
        F: FnOnce(EventWriter) -> Fut,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
        self.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        self.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        self.headers_mut().entry(X_ACCEL_BUFFERING).or_insert(HeaderValue::from_static("no"));
        self.stream(|body| {
            let slot = Arc::clone(body.slot());
            KeepAlive::new(write(EventWriter { body }), slot)
        })
    }
}

/// Writes the events of an [`sse`](ApiResponse::sse) answer.
#[derive(Debug)]
pub struct EventWriter {
    body: BodyWriter,
}

impl EventWriter {
    /// Sends an event, and waits until the connection has taken it. A string is an event's data.
    ///
    /// # Errors
    ///
    /// If the event's name or id has a line break, or the client has gone.
    pub async fn send(&mut self, event: impl Into<Event>) -> Result<()> {
        let chunk = event.into().into_chunk()?;
        Ok(self.body.write(chunk).await?)
    }

    /// Sends a comment, which clients pass over.
    ///
    /// # Errors
    ///
    /// If the client has gone.
    pub async fn comment(&mut self, text: &str) -> Result<(), Closed> {
        self.body.write(event::comment(text)).await
    }

    /// Sends the head, if it is not out yet: the browser's `open` event.
    ///
    /// # Errors
    ///
    /// If the client has gone.
    pub async fn flush(&mut self) -> Result<(), Closed> {
        self.body.flush().await
    }

    /// From now on sends an empty comment whenever nothing else was sent for so long, so that proxies keep the connection
    /// open. Every 15 seconds is usual. Zero ends it. Default: no comments.
    ///
    /// Nothing is spawned: the body itself keeps the time, as long as the closure's future runs. Comments end with it, even if
    /// the writer was moved elsewhere.
    pub fn keep_alive(&mut self, interval: Duration) {
        self.body.slot().set_keep_alive(interval);
    }

    /// Whether the client has gone.
    pub fn is_closed(&self) -> bool {
        self.body.is_closed()
    }
}
