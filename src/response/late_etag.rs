//! The ETag of a large payload.

use super::etag::{BUFFER, BUFFER_END, Fnv, is_fresh};
use super::payload::Payload;
use crate::body::Body;
use crate::context::RequestHead;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A hash that is computed in pieces, between which other tasks run: a client that asks for many large responses at once
/// would keep the runtime's threads from all other requests.
pub(super) struct Pieces {
    fnv: Fnv,
    left: Bytes,
    is_text: bool,
    /// What precedes the next number of a buffer.
    before: u8,
}

impl Pieces {
    /// The size of the payloads that are hashed at once.
    const AT_ONCE: usize = 64 * 1024;
    /// The sizes of pieces that take about a tenth of a millisecond.
    const TEXT: usize = 64 * 1024;
    const BYTES: usize = 16 * 1024;

    /// Returns the pieces of a large payload.
    pub(super) fn of(payload: &Payload) -> Option<Self> {
        let (data, is_text) = match payload {
            Payload::Text(data) | Payload::Json(data) => (data, true),
            Payload::Bytes(data) => (data, false),
            Payload::Empty | Payload::Stream(_) => return None,
        };
        let fnv = if is_text { Fnv::new() } else { Fnv::new().units(BUFFER) };
        (data.len() > Self::AT_ONCE).then(|| Self { fnv, left: data.clone(), is_text, before: b'[' })
    }

    /// Hashes the next piece, and returns whether it was the last.
    fn advance(&mut self) -> bool {
        if self.is_text {
            let starts = |at: &usize| !self.left.get(*at).is_some_and(|byte| (0x80..0xc0).contains(byte));
            // A character has at most three bytes behind its first.
            let end = (Self::TEXT - 3..=Self::TEXT).rev().find(starts).unwrap_or(Self::TEXT);
            self.fnv = self.fnv.text(&self.left.split_to(end.min(self.left.len())));
        } else {
            let piece = self.left.split_to(Self::BYTES.min(self.left.len()));
            self.fnv = self.fnv.numbers(mem::replace(&mut self.before, b','), &piece);
        }
        self.left.is_empty()
    }

    /// Returns the ETag, when all pieces are hashed.
    fn tag(&self) -> Option<HeaderValue> {
        let end = if self.is_text { &[][..] } else { BUFFER_END };
        self.fnv.units(end).finish()
    }
}

/// The ETag that a response waits for.
pub(super) struct LateTag {
    pieces: Pieces,
    request: Arc<RequestHead>,
    /// The `Content-Type` of the response if it becomes a 304.
    content_type: Option<HeaderValue>,
}

impl LateTag {
    /// Begins the ETag of a response with these headers. It replaces one that they have.
    pub(super) fn new(pieces: Pieces, request: &Arc<RequestHead>, headers: &mut HeaderMap) -> Self {
        headers.remove(ETAG);
        let content_type = headers.get(CONTENT_TYPE).cloned();
        Self { pieces, request: Arc::clone(request), content_type }
    }

    /// Computes a piece each time that it is polled, and then sets the ETag of the response.
    pub(super) fn poll(&mut self, response: &mut http::Response<Body>, cx: &Context<'_>) -> Poll<()> {
        if !self.pieces.advance() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.set(response);
        Poll::Ready(())
    }

    /// Computes all pieces, and sets the ETag of the response.
    pub(super) fn finish(&mut self, response: &mut http::Response<Body>) {
        while !self.pieces.advance() {}
        self.set(response);
    }

    fn set(&mut self, response: &mut http::Response<Body>) {
        let Some(tag) = self.pieces.tag() else { return };
        if is_fresh(&self.request.parts.headers, &tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            *response.body_mut() = Body::empty();
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().extend(self.content_type.take().map(|value| (CONTENT_TYPE, value)));
        }
        // One that the handler has set since then stays.
        response.headers_mut().entry(ETAG).or_insert(tag);
    }
}

#[cfg(test)]
mod tests {
    use super::super::etag::etag;
    use super::*;

    fn in_pieces(payload: &Payload) -> Option<HeaderValue> {
        let mut pieces = Pieces::of(payload)?;
        while !pieces.advance() {}
        pieces.tag()
    }

    #[test]
    fn pieces_have_the_tag_of_the_whole() {
        for text in ["a", "é", "aé", "中", "a中", "😀", "a😀", "ab😀", "abc😀", "\u{7ff}aa😀é"]
        {
            for size in [65_600, 128 * 1024 - 1, 200_000] {
                let text = text.repeat(size / text.len() + 1);
                for payload in [Payload::from(text.clone().into_bytes()), text.into()] {
                    assert_eq!(in_pieces(&payload), etag(&payload), "{size} bytes");
                }
            }
        }
        for payload in [Payload::from("x".repeat(64 * 1024)), Payload::Empty] {
            assert!(Pieces::of(&payload).is_none());
        }
        // Bytes that are no text are hashed, too.
        assert!(in_pieces(&Payload::Text(vec![0xbf; 200_000].into())).is_some());
    }
}
