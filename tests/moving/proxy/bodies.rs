//! Bodies are streams in both directions.

use crate::support::{Origin, Reply, by_hand, find, front, full, get, proxy, raw_origin, read, status};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tower::{ServiceExt as _, service_fn};
use tower_api_routes::{ApiRouter, Body, BoxError};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn bodies_pass_piece_by_piece_both_ways() {
    // The origin sends back what it has, as it comes.
    let origin = front(service_fn(|request: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(request.into_body()))
    }))
    .await;
    let front = front(ApiRouter::new().fallback(proxy(origin.address))).await;
    for http2 in [false, true] {
        let (sender, body) = by_hand();
        let response = front.request(http2, Request::post("/").body(body).unwrap());
        let send = async {
            sender.send(Bytes::from("one")).await.unwrap();
            sender
        };
        let (response, sender) = tokio::join!(response, send);
        let mut body = response.into_body();
        for (received, next) in [("one", "two"), ("two", "three"), ("three", "")] {
            let frame = timeout(SOON, body.frame()).await.unwrap().unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap(), received, "HTTP/2: {http2}");
            sender.send(Bytes::from(next)).await.unwrap();
        }
        drop(sender);
        assert!(body.collect().await.unwrap().to_bytes().is_empty());
    }
}

#[tokio::test]
async fn trailers_go_through_in_both_directions() {
    let response = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-checksum\r\n\r\n2\r\nok\r\n0\r\nx-checksum: 2\r\n\r\n";
    let origin = Origin::start(move |_, _| Reply::send(response)).await;
    let front = front(ApiRouter::new().fallback(origin.proxy())).await;
    for http2 in [false, true] {
        let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), HeaderValue::from_static("5"))]);
        let frames = [Ok::<_, BoxError>(Frame::data(Bytes::from("hello"))), Ok(Frame::trailers(trailers))];
        let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
        let request =
            Request::post("/").header("trailer", "x-sum").header("te", "trailers").body(body).unwrap();
        let response = front.request(http2, request).await;
        let collected = response.into_body().collect().await.unwrap();
        assert_eq!(collected.trailers().map(|map| &map["x-checksum"]).unwrap(), "2", "HTTP/2: {http2}");
        assert_eq!(collected.to_bytes(), "ok");
        let request = origin.requests().pop().unwrap();
        assert!(request.ends_with("5\r\nhello\r\n0\r\nx-sum: 5\r\n\r\n"), "HTTP/2: {http2}: {request}");
    }
}

#[tokio::test]
async fn lengths_and_chunks_keep_their_framing() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(ApiRouter::new().fallback(origin.proxy())).await;
    let cases = [
        ("content-length: 5\r\n\r\nhello", "content-length: 5\r\n", "\r\n\r\nhello"),
        (
            "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "transfer-encoding: chunked\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
        ),
    ];
    for (body, header, end) in cases {
        let response = front.ask(format!("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{body}")).await;
        assert_eq!(status(&response), 200);
        let request = origin.requests().pop().unwrap();
        assert!(request.contains(header) && request.ends_with(end), "{body:?}: {request}");
    }
    // A body whose length a layer has changed.
    let request = Request::post("/").header("content-length", "100").body(full("hello")).unwrap();
    assert_eq!(read(origin.proxy().oneshot(request).await.unwrap()).await, (200, "ok".into()));
    assert!(origin.requests().pop().unwrap().contains("content-length: 5\r\n"));
}

#[tokio::test]
async fn chunks_reach_an_origin_of_http_1_0() {
    // On a connection on which the origin has spoken HTTP/1.0, hyper does so, too, and leaves a body of chunks out.
    let reply = "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok";
    let origin = Origin::start(move |_, _| Reply::send(reply)).await;
    let front = front(ApiRouter::new().fallback(origin.proxy())).await;
    for number in 0..3 {
        assert_eq!(status(&front.get("/").await), 200);
        for method in ["POST", "GET"] {
            let request = format!(
                "{method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
            );
            assert_eq!(status(&front.ask(request).await), 200);
            let request = origin.requests().pop().unwrap();
            assert!(request.ends_with("\r\n\r\n5\r\nhello\r\n0\r\n\r\n"), "{method}, {number}: {request}");
        }
    }
    // Other requests share a connection.
    let connections = origin.connections();
    assert_eq!((connections[0], connections[3], connections[6]), (0, 0, 0));
}

/// How many bytes can be written before the other side has to read.
const ROOM: usize = 32 * 1024 * 1024;

#[tokio::test]
async fn slow_origin_stops_the_client() {
    let origin = raw_origin(|stream| async move {
        let _stream = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let front = front(ApiRouter::new().fallback(proxy(origin))).await;
    let mut client = front.open("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000000\r\n\r\n").await;
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let writer = tokio::spawn(async move {
        let piece = vec![0; 64 * 1024];
        while client.write_all(&piece).await.is_ok() {
            counter.fetch_add(64 * 1024, Ordering::Relaxed);
        }
    });
    assert_stops(&written).await;
    writer.abort();
}

#[tokio::test]
async fn slow_client_stops_the_origin() {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let origin = raw_origin(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await.unwrap();
            let piece = vec![0; 64 * 1024];
            while stream.write_all(&piece).await.is_ok() {
                counter.fetch_add(64 * 1024, Ordering::Relaxed);
            }
        }
    })
    .await;
    let front = front(ApiRouter::new().fallback(proxy(origin))).await;
    let _client = front.open("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert_stops(&written).await;
}

/// The number of bytes stops growing, below what the sockets' buffers hold.
async fn assert_stops(written: &AtomicUsize) {
    let mut before = usize::MAX;
    for _ in 0..100 {
        sleep(Duration::from_millis(100)).await;
        let now = written.load(Ordering::Relaxed);
        if now == before && now > 0 {
            break;
        }
        before = now;
    }
    let now = written.load(Ordering::Relaxed);
    assert!(now > 0 && now < ROOM && now == before, "{now} bytes were taken in, {before} a moment before");
}

#[tokio::test]
async fn early_response_does_not_wait() {
    let origin = raw_origin(|mut stream| async move {
        let mut text = [0; 1024];
        let mut read = 0;
        while find(&text[..read], b"\r\n\r\n").is_none() {
            read += stream.read(&mut text[read..]).await.unwrap();
        }
        stream
            .write_all(b"HTTP/1.1 413 Payload Too Large\r\nconnection: close\r\ncontent-length: 3\r\n\r\nbig")
            .await
            .unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let front = front(ApiRouter::new().fallback(proxy(origin))).await;
    for http2 in [false, true] {
        let (sender, body) = by_hand();
        sender.send(Bytes::from("x")).await.unwrap();
        let response = front.request(http2, Request::post("/").body(body).unwrap()).await;
        let (status, mut body) = (response.status(), response.into_body());
        let frame = timeout(SOON, body.frame()).await.unwrap().unwrap().unwrap();
        assert_eq!(
            (status.as_u16(), frame.into_data().unwrap()),
            (413, Bytes::from("big")),
            "HTTP/2: {http2}"
        );
        drop(sender);
    }
}

#[tokio::test]
async fn time_limit_belongs_to_the_origin() {
    const LIMIT: Duration = Duration::from_millis(400);
    let origin = Origin::start(|_, _| Reply::ok("got it")).await;
    let front = front(ApiRouter::new().fallback(origin.proxy().timeout(LIMIT))).await;
    // The client takes longer than the limit, and is not punished.
    let mut client =
        front.open("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\na").await;
    for byte in ["b", "c"] {
        sleep(LIMIT * 2).await;
        client.write_all(byte.as_bytes()).await.unwrap();
    }
    let mut text = String::new();
    timeout(SOON, client.read_to_string(&mut text)).await.unwrap().unwrap();
    assert_eq!(status(&text), 200, "{text}");

    // An origin that takes the body and says nothing is out of time.
    let silent = Origin::start(|_, _| Reply::Hang).await;
    let front = crate::support::front(silent.proxy().timeout(LIMIT)).await;
    let text =
        front.ask("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc").await;
    assert_eq!(status(&text), 504, "{text}");
}

#[tokio::test]
async fn a_response_may_take_longer_than_the_limit() {
    let origin = raw_origin(|mut stream| async move {
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na").await.unwrap();
        sleep(Duration::from_millis(600)).await;
        stream.write_all(b"b").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let proxy = proxy(origin).timeout(Duration::from_millis(200));
    let response = timeout(SOON, proxy.oneshot(get("/"))).await.unwrap().unwrap();
    assert_eq!(read(response).await, (200, "ab".into()));
}

/// The bytes of a request's body, decoded, and how the origin got its length.
fn received(request: &str) -> (String, &'static str) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    if head.contains("transfer-encoding: chunked") {
        let mut decoded = String::new();
        let mut rest = body;
        while let Some((size, after)) = rest.split_once("\r\n") {
            let size = usize::from_str_radix(size, 16).unwrap();
            decoded += &after[..size];
            rest = after[size..].strip_prefix("\r\n").unwrap_or_default();
        }
        return (decoded, "chunks");
    }
    (body.to_owned(), if head.contains("content-length: ") { "length" } else { "none" })
}

#[tokio::test]
async fn every_body_arrives_for_every_method() {
    let origin = Origin::start(|_, _| Reply::send("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let front = front(ApiRouter::new().fallback(origin.proxy())).await;
    let framings = [
        ("1.1", "\r\n", "", "none"),
        ("1.1", "content-length: 0\r\n\r\n", "", "length"),
        ("1.1", "content-length: 5\r\n\r\nhello", "hello", "length"),
        ("1.1", "transfer-encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", "hello", "chunks"),
        ("1.1", "transfer-encoding: chunked\r\n\r\n0\r\n\r\n", "", "chunks"),
        ("1.0", "\r\n", "", "none"),
        ("1.0", "content-length: 5\r\n\r\nhello", "hello", "length"),
    ];
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"];
    for method in methods {
        for (version, framing, body, length) in framings {
            let before = origin.requests().len();
            let request = format!("{method} /x HTTP/{version}\r\nhost: a\r\nconnection: close\r\n{framing}");
            assert_eq!(status(&front.ask(&request).await), 204, "{request}");
            let requests = origin.requests();
            assert_eq!(requests.len(), before + 1, "{request}");
            let (got, how) = received(&requests[before]);
            assert_eq!(got, body, "{request}: {}", requests[before]);
            // A method that has a body by nature may say that there is none.
            assert!(how == length || body.is_empty() && how != "chunks", "{request}: {}", requests[before]);
        }
        // HTTP/2: with a length, and without one.
        for (body, length) in [(full("hello"), "length"), (pieces(&["he", "llo"]), "chunks")] {
            let request = Request::builder().method(method).uri("/x").body(body).unwrap();
            assert_eq!(front.request(true, request).await.status(), 204, "{method}");
            assert_eq!(received(origin.requests().last().unwrap()), ("hello".into(), length), "{method}");
        }
    }
}

fn pieces(pieces: &'static [&'static str]) -> Body {
    Body::from_stream(futures_util::stream::iter(pieces.iter().map(|piece| Ok::<_, BoxError>(*piece))))
}
