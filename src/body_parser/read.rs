//! Reading a body into memory, up to a limit.

use super::content_type::invalid_body;
use crate::body::Body;
use crate::{Error, SizeLimit};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode, header::CONTENT_LENGTH};

/// What is reserved at most on a client's word; the rest when it comes.
const RESERVE: usize = 64 * 1024;

/// Reads the whole body.
///
/// A declared length over the limit is refused before a byte is read; without one, reading stops at the frame that
/// crosses the limit. A body of one frame is not copied.
///
/// # Errors
///
/// 413 `Body exceeded 1mb limit`; 400 `Invalid body` for one that breaks off.
pub(crate) async fn read(mut body: Body, headers: &HeaderMap, limit: SizeLimit) -> Result<Bytes, Error> {
    if let Some(bytes) = take(&mut body, limit) {
        return bytes;
    }
    let most = limit.as_usize();
    let declared = declared_length(headers);
    if declared.is_some_and(|length| length > most as u64) {
        return Err(too_large(limit));
    }
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > most {
        return Err(too_large(limit));
    }
    let Some(mut chunk) = next(&mut body).await? else { return Ok(first) };
    let expected = declared.and_then(|length| usize::try_from(length).ok()).unwrap_or(2 * first.len());
    let mut whole = BytesMut::with_capacity(expected.min(most).min(RESERVE).max(first.len()));
    whole.extend_from_slice(&first);
    drop(first);
    loop {
        if chunk.len() > most - whole.len() {
            return Err(too_large(limit));
        }
        whole.extend_from_slice(&chunk);
        match next(&mut body).await? {
            Some(next) => chunk = next,
            None => return Ok(whole.freeze()),
        }
    }
}

/// The whole body, if it is in memory; none if it has to be waited for.
pub(crate) fn take(body: &mut Body, limit: SizeLimit) -> Option<Result<Bytes, Error>> {
    let bytes = body.take_bytes()?;
    Some(if bytes.len() > limit.as_usize() { Err(too_large(limit)) } else { Ok(bytes) })
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Error> {
    loop {
        match body.chunk().await {
            Ok(Some(chunk)) if chunk.is_empty() => {}
            Ok(chunk) => return Ok(chunk),
            Err(_) => return Err(invalid_body()),
        }
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: SizeLimit) -> Error {
    Error::rejection(StatusCode::PAYLOAD_TOO_LARGE, format!("Body exceeded {limit} limit"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BoxError;
    use http::HeaderValue;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

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
            let read = read(body, &HeaderMap::new(), limit).await;
            assert_eq!(read.is_ok(), good, "{number} pieces of {size}");
        }
        let (body, taken) = pieces(1000, 30);
        assert_eq!(read(body, &HeaderMap::new(), limit).await.unwrap_err().status(), 413);
        assert_eq!(taken.load(Ordering::Relaxed), 4);
    }

    #[tokio::test]
    async fn a_declared_length_over_the_limit_is_refused_unread() {
        let headers = HeaderMap::from_iter([(CONTENT_LENGTH, HeaderValue::from_static("101"))]);
        let (body, taken) = pieces(1, 1);
        let error = read(body, &headers, SizeLimit::new("100b")).await.unwrap_err();
        assert_eq!(error.to_string(), "413 Payload Too Large: Body exceeded 100b limit");
        assert_eq!(taken.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_of_one_frame_is_not_copied() {
        let bytes = Bytes::from(vec![b'x'; 64]);
        let stream = futures_util::stream::iter([Ok::<_, BoxError>(bytes.clone())]);
        let read = read(Body::from_stream(stream), &HeaderMap::new(), SizeLimit::new("1kb")).await.unwrap();
        assert_eq!(read.as_ptr(), bytes.as_ptr());
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_400() {
        let stream = futures_util::stream::iter([Ok::<_, BoxError>("x"), Err("reset".into())]);
        let error =
            read(Body::from_stream(stream), &HeaderMap::new(), SizeLimit::new("1kb")).await.unwrap_err();
        assert_eq!(error.to_string(), "400 Bad Request: Invalid body");
    }
}
