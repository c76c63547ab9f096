//! Reads bodies into memory, up to a limit.

use crate::body::{Body, BodyTooLarge};
use crate::error::Error;
use crate::size::SizeLimit;
use crate::text::declared_length;
use bytes::{Bytes, BytesMut};
use http::header::CONNECTION;
use http::{HeaderMap, StatusCode, Version};
use http_body::Body as _;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// The largest buffer that is reserved for a declared length. Beyond it the buffer grows as data arrives.
const RESERVE: usize = 64 * 1024;

/// Reads a whole body into memory.
///
/// A declared length over the limit is rejected before a byte is read. Without one, reading stops at the frame that
/// crosses the limit. A body of one frame is not copied.
pub(crate) struct Read {
    body: Body,
    limit: SizeLimit,
    announces_close: bool,
    /// The length that the client has declared.
    declared: Option<u64>,
    collected: Collected,
}

enum Collected {
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl Read {
    pub(crate) fn new(body: Body, headers: &HeaderMap, limit: SizeLimit) -> Self {
        // The length of a buffered body is known without its headers.
        let declared = if body.as_bytes().is_some() { None } else { declared_length(headers) };
        Self { body, limit, announces_close: false, declared, collected: Collected::Nothing }
    }

    /// Sets the request's HTTP version. Over HTTP/1 a 413 that leaves a part of the body unread has
    /// `Connection: close`: the connection cannot be used again, and the header keeps the client from sending its
    /// next request on it.
    pub(crate) fn over(self, version: Version) -> Self {
        Self { announces_close: version <= Version::HTTP_11, ..self }
    }

    /// Polls for the whole body.
    ///
    /// # Errors
    ///
    /// Returns a 413 `Body exceeded 1mb limit` for a body over the limit. For a body that ends with an error,
    /// returns a 413 `Payload Too Large` if the body enforces its own limit, otherwise a 400 `Invalid body`.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Error>> {
        if let Some(bytes) = self.body.take_bytes() {
            return Poll::Ready(if bytes.len() > self.limit.as_usize() {
                Err(too_large(self.limit, false))
            } else {
                Ok(bytes)
            });
        }
        if self.declared.is_some_and(|length| length > self.limit.bytes()) {
            return Poll::Ready(Err(self.too_large_unread()));
        }
        while let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            let frame = frame.map_err(|error| error.in_request(true))?;
            if let Some(chunk) = frame.into_data().ok().filter(|chunk| !chunk.is_empty()) {
                self.add(chunk)?;
            }
        }
        Poll::Ready(Ok(match mem::replace(&mut self.collected, Collected::Nothing) {
            Collected::Nothing => Bytes::new(),
            Collected::One(bytes) => bytes,
            Collected::Many(bytes) => bytes.freeze(),
        }))
    }

    /// Returns the error for a body of which a part is unread.
    fn too_large_unread(&self) -> Error {
        too_large(self.limit, self.announces_close && !self.body.is_end_stream())
    }

    fn add(&mut self, chunk: Bytes) -> Result<(), Error> {
        let max = self.limit.as_usize();
        let so_far = match &self.collected {
            Collected::Nothing => 0,
            Collected::One(first) => first.len(),
            Collected::Many(whole) => whole.len(),
        };
        if chunk.len() > max - so_far {
            return Err(self.too_large_unread());
        }
        match &mut self.collected {
            Collected::Nothing => self.collected = Collected::One(chunk),
            Collected::One(first) => {
                let declared = self.declared.and_then(|length| usize::try_from(length).ok());
                let expected = declared.unwrap_or(2 * so_far).min(max).min(RESERVE);
                let mut whole = BytesMut::with_capacity(expected.max(so_far));
                whole.extend_from_slice(first);
                whole.extend_from_slice(&chunk);
                self.collected = Collected::Many(whole);
            }
            Collected::Many(whole) => whole.extend_from_slice(&chunk),
        }
        Ok(())
    }
}

/// Returns the 413. `closes` tells whether it ends the connection, because a part of the body is left unread.
pub(super) fn too_large(limit: SizeLimit, closes: bool) -> Error {
    let error = Error::rejection(StatusCode::PAYLOAD_TOO_LARGE, BodyTooLarge { limit, closes }.to_string());
    if closes { error.append_header(CONNECTION, "close") } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::BoxError;
    use http::HeaderValue;
    use http::header::CONTENT_LENGTH;
    use std::future::poll_fn;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    impl Read {
        async fn whole(mut self) -> Result<Bytes, Error> {
            poll_fn(|cx| self.poll(cx)).await
        }
    }

    fn pieces(number: usize, size: usize) -> (Body, Arc<AtomicUsize>) {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let stream = futures_util::stream::iter((0..number).map(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            Ok::<_, BoxError>(vec![b'x'; size])
        }));
        (Body::from_stream(stream), taken)
    }

    #[tokio::test]
    async fn the_limit_is_exact_and_stops_the_reading() {
        let limit = SizeLimit::from_bytes(100);
        for (number, size, good) in
            [(0, 0, true), (1, 100, true), (10, 10, true), (1, 101, false), (11, 10, false)]
        {
            let (body, _) = pieces(number, size);
            let read = Read::new(body, &HeaderMap::new(), limit).whole().await;
            assert_eq!(read.is_ok(), good, "{number} pieces of {size}");
        }
        for (size, good) in [(0, true), (99, true), (100, true), (101, false)] {
            let read = Read::new(Body::from(vec![b'x'; size]), &HeaderMap::new(), limit).whole().await;
            assert_eq!(read.is_ok(), good, "{size} bytes in memory");
            let headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from(size))]);
            let read = Read::new(pieces(1, size).0, &headers, limit).whole().await;
            assert_eq!(read.is_ok(), good, "{size} bytes, declared");
        }
        let (body, taken) = pieces(1000, 30);
        assert_eq!(Read::new(body, &HeaderMap::new(), limit).whole().await.unwrap_err().status(), 413);
        assert_eq!(taken.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn large_declared_length_is_refused_unread() {
        let headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("101"))]);
        let (body, taken) = pieces(1, 1);
        let error = Read::new(body, &headers, SizeLimit::new("100b")).whole().await.unwrap_err();
        assert_eq!(error.to_string(), "413 Payload Too Large: Body exceeded 100b limit");
        assert_eq!(taken.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn http1_413_announces_the_close() {
        let declared = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("101"))]);
        let undeclared = HeaderMap::new();
        let limit = SizeLimit::from_bytes(100);
        let cases = [
            (&declared, pieces(1, 101).0, Version::HTTP_10, true),
            (&declared, pieces(1, 101).0, Version::HTTP_11, true),
            (&declared, pieces(1, 101).0, Version::HTTP_2, false),
            (&undeclared, pieces(11, 10).0, Version::HTTP_11, true),
            (&undeclared, pieces(11, 10).0, Version::HTTP_2, false),
            (&undeclared, Body::from(vec![b'x'; 101]), Version::HTTP_11, false),
        ];
        for (headers, body, version, closes) in cases {
            let error = Read::new(body, headers, limit).over(version).whole().await.unwrap_err();
            assert_eq!(error.status(), 413);
            assert_eq!(error.headers().contains_key(CONNECTION), closes, "{version:?} {headers:?}");
        }
    }

    #[tokio::test]
    async fn a_body_of_one_frame_is_not_copied() {
        let bytes = Bytes::from(vec![b'x'; 64]);
        let stream = futures_util::stream::iter([Ok::<_, BoxError>(bytes.clone())]);
        let read = Read::new(Body::from_stream(stream), &HeaderMap::new(), SizeLimit::new("1kb"));
        let read = read.whole().await.unwrap();
        assert_eq!(read.as_ptr(), bytes.as_ptr());
    }

    #[tokio::test]
    async fn pieces_are_put_together_in_their_order() {
        let headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("8"))]);
        // A length is believed or not: what comes counts.
        for headers in [HeaderMap::new(), headers] {
            for pieces in [&["ab", "", "cd"][..], &["a", "bc", "d"], &["", "abcd", ""], &["a", "b", "c", "d"]]
            {
                let stream = futures_util::stream::iter(pieces.iter().map(|piece| Ok::<_, BoxError>(*piece)));
                let read =
                    Read::new(Body::from_stream(stream), &headers, SizeLimit::new("1kb")).whole().await;
                assert_eq!(read.unwrap(), "abcd", "{pieces:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_400() {
        let stream = futures_util::stream::iter([Ok::<_, BoxError>("x"), Err("reset".into())]);
        let error = Read::new(Body::from_stream(stream), &HeaderMap::new(), SizeLimit::new("1kb"))
            .whole()
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "400 Bad Request: Invalid body");
    }
}
