//! What becomes of an origin that is not there, is broken or is slow.

use crate::common::log::{Event, Log};
use crate::common::{any, call};
use crate::support::{Front, Origin, Reply, front, get, nowhere, proxy, read, status};
use http::Request;
use http_body_util::BodyExt as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::ServiceExt as _;
use tower_api_routes::proxy::ProxyError;
use tower_api_routes::{ApiRouter, Body, BoxError, Error, Proxy};

/// A proxy alone, and one in a router that turns errors into JSON; the router notes what it was told.
async fn fronts(proxy: Proxy) -> (Front, Front, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&told);
    let api = ApiRouter::new()
        .fallback(proxy.clone())
        .on_error(move |error, _| note.lock().unwrap().push(format!("{error:?}")))
        .map_error(|error, request| {
            let source = error.downcast_ref::<ProxyError>().map(ToString::to_string);
            Error::json(error.status(), &serde_json::json!({ "error": source, "path": request.path() }))
        });
    (front(proxy).await, front(api).await, told)
}

const TE: &str = "transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n";

#[tokio::test]
async fn broken_origin_is_502_and_slow_one_504() {
    let cases = [
        ("closes", Reply::Close, 502, "Bad Gateway", "the origin sent no valid response"),
        ("not HTTP", Reply::send("hello\r\n\r\n"), 502, "Bad Gateway", "the origin sent no valid response"),
        (
            "half a head",
            Reply::SendAndClose(b"HTTP/1.1 200 OK\r\nx: ".to_vec()),
            502,
            "Bad Gateway",
            "the origin sent no valid response",
        ),
        (
            "a coding that is not decoded",
            Reply::send(&format!("HTTP/1.1 200 OK\r\n{TE}")),
            502,
            "Bad Gateway",
            "the origin sent no valid response",
        ),
        (
            "an upgrade that nobody asked for",
            Reply::send("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"),
            502,
            "Bad Gateway",
            "the origin sent no valid response",
        ),
        ("silent", Reply::Hang, 504, "Gateway Timeout", "the origin sent no response within 300ms"),
    ];
    for (what, reply, expected, text, source) in cases {
        let origin = Origin::start(move |_, _| reply.clone()).await;
        let (alone, router, told) = fronts(origin.proxy().timeout(Duration::from_millis(300))).await;
        let response = alone.get("/x").await;
        assert_eq!(status(&response), expected, "{what}: {response}");
        assert!(response.ends_with(&format!("\r\n\r\n{text}")), "{what}: {response}");
        // In a router the error passes through `on_error` and `map_error`, with its cause.
        let response = router.get("/x").await;
        assert_eq!(status(&response), expected, "{what}: {response}");
        let json = serde_json::json!({ "error": source, "path": "/x" });
        assert!(response.ends_with(&format!("\r\n\r\n{json}")), "{what}: {response}");
        let told = told.lock().unwrap();
        assert!(told.len() == 1 && told[0].contains(source), "{what}: {told:?}");
    }
}

#[tokio::test]
async fn an_origin_that_is_not_there_is_502() {
    let (alone, router, told) = fronts(proxy(nowhere().await)).await;
    assert!(alone.get("/").await.ends_with("\r\n\r\nBad Gateway"));
    let response = router.get("/").await;
    assert!(response.contains("the origin cannot be reached"), "{response}");
    assert_eq!(told.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_failure_is_logged_once() {
    let log = Log::capture();
    let origin = Origin::start(|_, _| Reply::Hang).await;
    let proxy = proxy(nowhere().await);
    let api = ApiRouter::new().route("/api/[x]", proxy.clone()).fallback(proxy.clone());
    let broken = || Body::from_stream(futures_util::stream::iter([Err::<&str, BoxError>("broken".into())]));
    let cases = [
        ("alone", any(proxy.clone()), "/api/1", Body::empty(), 502, Some("proxied request failed")),
        ("a route", any(api.clone()), "/api/1", Body::empty(), 502, Some("API route failed")),
        ("a fallback", any(api), "/", Body::empty(), 502, Some("API route failed")),
        ("a client's fault", any(origin.proxy()), "/", broken(), 400, None),
    ];
    for (what, service, path, body, status, expected) in cases {
        let request = Request::post(path).body(body).unwrap();
        assert_eq!(call(service, request).await.status(), status, "{what}");
        let events = log.all();
        let failures = events.iter().map(Event::message).filter(|message| message.contains("failed"));
        assert_eq!(failures.collect::<Vec<_>>(), Vec::from_iter(expected), "{what}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_origin_has_thirty_seconds() {
    // The kernel accepts the connection, and nobody responds.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let proxy = proxy(listener.local_addr().unwrap());
    let silent = || Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, BoxError>>());
    let cases: [(Proxy, Body, u16, u64); 4] = [
        (proxy.clone(), Body::empty(), 504, 30),
        (proxy.clone().timeout(Duration::from_secs(5)), Body::empty(), 504, 5),
        (proxy.clone(), silent(), 408, 60),
        (proxy.body_timeout(Duration::from_secs(5)), silent(), 408, 5),
    ];
    for (proxy, body, status, seconds) in cases {
        let start = tokio::time::Instant::now();
        let response = proxy.oneshot(Request::post("/").body(body).unwrap()).await.unwrap();
        assert_eq!((response.status().as_u16(), start.elapsed().as_secs()), (status, seconds));
    }
}

#[tokio::test]
async fn unforwardable_request_is_refused() {
    let cases = [
        ("a loop", "GET / HTTP/1.1\r\nhost: a\r\nvia: 1.1 other, 1.1 edge\r\n", 508),
        ("a tunnel", "CONNECT other.example:443 HTTP/1.1\r\nhost: other.example:443\r\n", 501),
        ("a coding", "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n", 501),
    ];
    let origin = Origin::start(|_, _| Reply::ok("")).await;
    let front = front(origin.proxy()).await;
    for (what, request, expected) in cases {
        let response = front.ask(format!("{request}connection: close\r\n\r\n0\r\n\r\n")).await;
        assert_eq!(status(&response), expected, "{what}: {response}");
    }
    assert_eq!(origin.requests(), [""; 0]);
}

#[tokio::test]
async fn proxy_loop_is_508() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let proxy = Proxy::new(&format!("http://{address}")).unwrap();
    let server = tokio::spawn(tower_api_routes::serve(listener, proxy.clone()).into_future());
    let response = proxy.oneshot(get("/")).await.unwrap();
    // The outermost of the two has passed on what the inner one said.
    assert_eq!(response.headers().get_all("via").iter().count(), 1);
    assert_eq!(read(response).await, (508, "Loop Detected".into()));
    server.abort();
}

#[tokio::test]
async fn origin_break_reaches_the_client() {
    for (coding, start) in [("content-length: 100", "abc"), ("transfer-encoding: chunked", "3\r\nabc\r\n")] {
        let response = format!("HTTP/1.1 200 OK\r\n{coding}\r\n\r\n{start}");
        let origin = Origin::start(move |_, _| Reply::SendAndClose(response.clone().into_bytes())).await;
        let front = front(ApiRouter::new().fallback(origin.proxy())).await;
        for http2 in [false, true] {
            let response = front.request(http2, get("/")).await;
            assert_eq!(response.status(), 200, "{coding}");
            let body = response.into_body().collect().await;
            assert!(body.is_err(), "{coding}, HTTP/2: {http2}: {body:?}");
        }
    }
}

#[tokio::test]
async fn broken_body_is_400_and_large_one_413() {
    let origin = Origin::start(|_, _| Reply::ok("")).await;
    let pieces = || {
        let pieces = [Ok(bytes::Bytes::from("abc")), Err(BoxError::from("cut"))];
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    let long = Body::from_stream(futures_util::stream::iter([Ok::<_, BoxError>("abcdef")]));
    let limited = Body::new(http_body_util::Limited::new(long, 3));
    for (body, expected) in [(pieces(), (400, "Invalid body")), (limited, (413, "Payload Too Large"))] {
        let request = Request::post("/").body(body).unwrap();
        let response = origin.proxy().oneshot(request).await.unwrap();
        assert_eq!(read(response).await, (expected.0, expected.1.to_owned()));
    }
}

#[test]
fn proxy_takes_scheme_host_and_port() {
    let cases = [
        ("http://127.0.0.1:3000", true),
        ("http://next.internal/", true),
        ("https://next.internal", true),
        ("http://127.0.0.1:3000/base", false),
        ("127.0.0.1:3000", false),
        ("ftp://x", false),
    ];
    for (origin, good) in cases {
        let proxy = Proxy::new(origin);
        assert_eq!(proxy.is_ok(), good, "{origin}: {proxy:?}");
    }
    let proxy = Proxy::new("http://127.0.0.1:3000").unwrap();
    assert!(proxy.clone().try_pseudonym("edge-1").is_ok());
    let error = proxy.try_pseudonym("not a token").unwrap_err().to_string();
    assert!(error.contains("\"not a token\"") && error.contains("edge-1"), "{error}");
}
