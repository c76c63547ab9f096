//! Bodies of every kind, read in every way.

use super::*;
use http_body_util::{BodyExt as _, Empty, Full, StreamBody};

fn assert_traits<T: Send + Sync + Unpin + Default>() {}

#[test]
fn a_body_is_send_sync_unpin_default() {
    assert_traits::<Body>();
}

#[test]
fn the_size_hint_is_that_of_the_source() {
    assert_eq!(Body::from("abc").size_hint().exact(), Some(3));
    assert_eq!(Body::new(Full::new(Bytes::from("abcd"))).size_hint().exact(), Some(4));
    assert_eq!(Body::new(Empty::<Bytes>::new()).size_hint().exact(), Some(0));
    assert_eq!(
        Body::from_stream(futures_util::stream::iter([Ok::<_, BoxError>("x")])).size_hint().upper(),
        None
    );
    assert!(matches!(Body::new(Body::from("x")).0, Kind::Full(_)), "our own body is not boxed again");
}

#[tokio::test]
async fn trailers_reach_frame_readers_only() {
    let frames = || {
        let trailers =
            http::HeaderMap::from_iter([(http::header::ETAG, http::HeaderValue::from_static("x"))]);
        let frames = [Ok::<_, BoxError>(Frame::data(Bytes::from("a"))), Ok(Frame::trailers(trailers))];
        Body::new(StreamBody::new(futures_util::stream::iter(frames)))
    };
    let mut body = frames();
    assert!(body.frame().await.unwrap().unwrap().is_data());
    assert!(body.frame().await.unwrap().unwrap().is_trailers());
    assert!(body.frame().await.unwrap().is_none());
    let mut body = frames();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "a");
    assert!(body.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn body_reader_crosses_pieces() {
    use tokio::io::AsyncReadExt as _;
    let pieces = futures_util::stream::iter(["ab", "", "cdef"].map(Ok::<_, BoxError>));
    let mut text = String::new();
    Body::from_stream(pieces).into_reader().read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "abcdef");
}

fn stream(pieces: &'static [&'static str]) -> Body {
    Body::from_stream(futures_util::stream::iter(pieces.iter().map(|piece| Ok::<_, BoxError>(*piece))))
}

#[tokio::test]
async fn body_knows_bytes_length_and_end() {
    type Case<'a> = (Body, Option<&'a str>, (u64, Option<u64>), bool, &'a str);
    // The bytes in memory; the bounds of the length; whether it has ended; and the text.
    let cases: [Case<'_>; 13] = [
        (Body::empty(), Some(""), (0, Some(0)), true, ""),
        (Body::default(), Some(""), (0, Some(0)), true, ""),
        (().into(), Some(""), (0, Some(0)), true, ""),
        ("".into(), Some(""), (0, Some(0)), true, ""),
        ("abc".into(), Some("abc"), (3, Some(3)), false, "abc"),
        (String::from("abc").into(), Some("abc"), (3, Some(3)), false, "abc"),
        (b"abc".to_vec().into(), Some("abc"), (3, Some(3)), false, "abc"),
        (Bytes::from("abc").into(), Some("abc"), (3, Some(3)), false, "abc"),
        ((&b"abc"[..]).into(), Some("abc"), (3, Some(3)), false, "abc"),
        (Body::boxed(Full::new(Bytes::from("abc"))), None, (3, Some(3)), false, "abc"),
        (Body::boxed(Empty::<Bytes>::new()), None, (0, Some(0)), true, ""),
        (stream(&[]), None, (0, None), false, ""),
        (stream(&["a", "", "bc"]), None, (0, None), false, "abc"),
    ];
    for (i, (mut body, bytes, (lower, upper), ended, text)) in cases.into_iter().enumerate() {
        assert_eq!(body.as_bytes(), bytes.map(str::as_bytes), "case {i}");
        let hint = body.size_hint();
        assert_eq!((hint.lower(), hint.upper(), body.is_end_stream()), (lower, upper, ended), "case {i}");
        let mut read = Vec::new();
        while let Some(chunk) = body.chunk().await.unwrap() {
            read.extend_from_slice(&chunk);
        }
        assert_eq!(read, text.as_bytes(), "case {i}");
        assert_eq!((body.is_end_stream(), body.size_hint().exact()), (true, Some(0)), "case {i}");
        assert!(body.frame().await.unwrap().is_none(), "case {i}");
    }
}

#[test]
fn whole_bytes_are_taken_once() {
    let mut body = Body::from("abc");
    assert_eq!((body.take_bytes().unwrap(), body.take_bytes().unwrap()), ("abc".into(), Bytes::new()));
    let mut body = stream(&["abc"]);
    assert!(body.take_bytes().is_none() && !body.is_end_stream());
}

#[tokio::test]
async fn peeked_body_keeps_length_and_end() {
    let mut body = Body::boxed(Full::new(Bytes::from("abcd")));
    poll_fn(|cx| body.poll_peek(cx)).await.unwrap();
    assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(4), false));
    let mut body = stream(&["", "ab", "c"]);
    poll_fn(|cx| body.poll_peek(cx)).await.unwrap();
    assert_eq!(body.collect().await.unwrap().to_bytes(), "abc", "an empty piece is a flush");
    let mut body = Body::from_stream(futures_util::stream::iter([Err::<&str, _>("broken")]));
    assert_eq!(poll_fn(|cx| body.poll_peek(cx)).await.unwrap_err().into_inner().to_string(), "broken");
}

#[tokio::test]
async fn a_reader_has_what_it_has_not_consumed() {
    use tokio::io::AsyncBufReadExt as _;
    let mut reader = stream(&["ab\nc", "", "d\n", "e"]).into_reader();
    let mut lines = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).await.unwrap() > 0 {
        lines.push(std::mem::take(&mut line));
    }
    assert_eq!(lines, ["ab\n", "cd\n", "e"]);
    let mut reader = stream(&["abc", "d"]).into_reader();
    assert_eq!(reader.fill_buf().await.unwrap(), b"abc");
    reader.consume(2);
    assert_eq!(reader.fill_buf().await.unwrap(), b"c");
    reader.consume(1);
    assert_eq!(reader.fill_buf().await.unwrap(), b"d");
    reader.consume(1);
    assert_eq!(reader.fill_buf().await.unwrap(), b"");
}

#[tokio::test]
async fn a_peeked_frame_is_not_lost() {
    let mut body = Body::from_stream(futures_util::stream::iter(["ab", "c"].map(Ok::<_, BoxError>)));
    poll_fn(|cx| body.poll_peek(cx)).await.unwrap();
    assert_eq!(body.size_hint().lower(), 2);
    assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
}

#[test]
fn an_error_tells_its_causes() {
    let texts = |error: BodyError| {
        let first: &dyn std::error::Error = &error;
        std::iter::successors(Some(first), |error| error.source())
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let error = || BodyError::new("reset".into());
    assert_eq!(texts(error()), ["the body broke off", "reading it failed", "reset"]);
    let of_request = error().in_request(true).in_request(false);
    assert_eq!(texts(of_request), ["the request body broke off", "reading it failed", "reset"]);
}
