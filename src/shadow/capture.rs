//! Captures bodies while they are sent.

use crate::body::{Body, BodyError};
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::{Body as _, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;

/// A captured body. If the sender is dropped without one, the body ended with an error or was dropped.
pub(super) enum Captured {
    Whole(Bytes),
    TooLong,
}

/// Captures a body while it is sent, up to a limit. The body that it returns has the same length, and the same lack of
/// one.
pub(super) fn capture(
    mut body: Body,
    headers: &HeaderMap,
    limit: u64,
) -> (Body, oneshot::Receiver<Captured>) {
    let (sender, receiver) = oneshot::channel();
    if body.is_end_stream() {
        _ = sender.send(Captured::Whole(Bytes::new()));
        return (body, receiver);
    }
    if let Some(bytes) = body.take_bytes() {
        let is_short = bytes.len() as u64 <= limit;
        _ = sender.send(if is_short { Captured::Whole(bytes.clone()) } else { Captured::TooLong });
        return (Body::from(bytes), receiver);
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let tee = Tee { body, length, limit, seen: 0, pieces: Vec::new(), sender: Some(sender) };
    (Body::boxed(tee), receiver)
}

struct Tee {
    body: Body,
    /// The `Content-Length`. Once it is reached, the server does not poll for the end.
    length: Option<u64>,
    limit: u64,
    seen: u64,
    pieces: Vec<Bytes>,
    sender: Option<oneshot::Sender<Captured>>,
}

impl Tee {
    fn keep(&mut self, data: &Bytes) {
        self.seen += data.len() as u64;
        if self.sender.as_ref().is_none_or(oneshot::Sender::is_closed) {
            self.pieces = Vec::new();
        } else if self.seen > self.limit {
            self.send(Captured::TooLong);
        } else {
            self.pieces.push(data.clone());
        }
    }

    fn end(&mut self) {
        let mut whole = BytesMut::new();
        if self.sender.is_some() {
            self.pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
        }
        self.send(Captured::Whole(whole.freeze()));
    }

    fn send(&mut self, captured: Captured) {
        self.pieces = Vec::new();
        if let Some(sender) = self.sender.take() {
            _ = sender.send(captured);
        }
    }
}

impl http_body::Body for Tee {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.keep(data);
                }
                if self.body.is_end_stream() || self.length == Some(self.seen) {
                    self.end();
                }
            }
            Some(Err(_)) => self.sender = None,
            None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
