//! Origins and clients with peculiar messages.

use crate::support::{Front, Origin, Reply, front, get, head, proxy, raw_origin, read, status};
use http::Request;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;
use tower::ServiceExt as _;
use tower_api_routes::{ApiRouter, Body};

const SOON: Duration = Duration::from_secs(10);

#[tokio::test]
async fn many_headers_of_a_response_pass() {
    let response = |number: usize| {
        let cookies: String = (0..number).map(|number| format!("set-cookie: c{number}=1\r\n")).collect();
        Reply::send(&format!("HTTP/1.1 200 OK\r\n{cookies}content-length: 0\r\n\r\n"))
    };
    let origin =
        Origin::start(move |_, request| response(if request.contains("/150") { 150 } else { 300 })).await;
    let default = front(origin.proxy()).await;
    let response = default.get("/150").await;
    assert_eq!((status(&response), response.matches("set-cookie: c").count()), (200, 150));
    assert_eq!(status(&default.get("/300").await), 502);
    let more = front(origin.proxy().max_response_headers(400)).await;
    assert_eq!(more.get("/300").await.matches("set-cookie: c").count(), 300);
}

#[tokio::test]
async fn an_invalid_content_length_is_502() {
    let lengths = ["2, 2", "-1", "+2", "", "0x2", "2 2", "99999999999999999999"];
    for method in ["GET", "HEAD"] {
        for length in lengths {
            let body = if method == "HEAD" { "" } else { "ok" };
            let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}");
            let origin = Origin::start(move |_, _| Reply::SendAndClose(reply.clone().into_bytes())).await;
            let front = front(origin.proxy()).await;
            let response =
                front.ask(format!("{method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
            assert_eq!(status(&response), 502, "{method} {length:?}: {response}");
        }
        // Two lines, though they agree.
        let reply = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok";
        let origin = Origin::start(move |_, _| Reply::SendAndClose(reply.into())).await;
        let front = front(origin.proxy()).await;
        let response =
            front.ask(format!("{method} / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
        assert_eq!(status(&response), 502, "{method}: {response}");
    }
}

#[tokio::test]
async fn early_hints_are_dropped_and_responses_pass() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let reply = format!("{hints}{hints}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    let origin = Origin::start(move |_, _| Reply::send(&reply)).await;
    let front = front(origin.proxy()).await;
    for http2 in [false, true] {
        assert_eq!(read(front.request(http2, get("/")).await).await, (200, "ok".into()));
    }
}

#[tokio::test]
async fn a_get_is_not_repeated_after_response_bytes() {
    // The first response keeps the connection; of the second there is a part, and then the connection ends.
    for part in ["H", "HTTP/1.1 200 OK\r\nx: ", "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&asked);
        let origin = Origin::start(move |_, _| match counter.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::ok("first"),
            _ => Reply::SendAndClose(part.into()),
        })
        .await;
        let front = front(origin.proxy()).await;
        assert_eq!(status(&front.get("/").await), 200);
        assert_eq!(status(&front.get("/").await), 502, "{part:?}");
        assert_eq!(asked.load(Ordering::SeqCst), 2, "{part:?}");
    }
}

/// An origin that reads forever, and tells when its connections end.
async fn reader(
    front_of: impl Fn(std::net::SocketAddr) -> tower_api_routes::Proxy,
) -> (Front, Arc<AtomicUsize>) {
    let open = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&open);
    let origin = raw_origin(move |mut stream| {
        let open = Arc::clone(&counter);
        async move {
            open.fetch_add(1, Ordering::SeqCst);
            let mut space = [0; 1024];
            while let Ok(1..) = stream.read(&mut space).await {}
            open.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await;
    (front(ApiRouter::new().fallback(front_of(origin))).await, open)
}

#[tokio::test]
async fn a_stalled_upload_is_408_and_ends() {
    const STALLED: usize = 100;
    let limit = Duration::from_millis(500);
    let (front, open) = reader(|origin| proxy(origin).body_timeout(limit)).await;
    let mut clients = Vec::new();
    for number in 0..STALLED {
        let framing = if number % 2 == 0 {
            "content-length: 9\r\n\r\nab"
        } else {
            "transfer-encoding: chunked\r\n\r\n2\r\nab\r\n"
        };
        clients
            .push(front.open(format!("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{framing}")).await);
    }
    for mut client in clients {
        let mut text = vec![0; 1024];
        let read = timeout(SOON, client.read(&mut text)).await.unwrap().unwrap();
        assert!(
            text[..read].starts_with(b"HTTP/1.1 408 Request Timeout\r\n"),
            "{}",
            text[..read].escape_ascii()
        );
    }
    let places = async {
        while open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, places).await.expect("the places at the origin are given back");
}

#[tokio::test]
async fn slow_but_steady_upload_is_not_408() {
    let limit = Duration::from_millis(600);
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(origin.proxy().body_timeout(limit)).await;
    let mut client =
        front.open("POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 6\r\n\r\n").await;
    for _ in 0..6 {
        tokio::time::sleep(limit / 3).await;
        client.write_all(b"x").await.unwrap();
    }
    let mut text = String::new();
    timeout(SOON, client.read_to_string(&mut text)).await.unwrap().unwrap();
    assert_eq!(status(&text), 200, "{text}");
}

#[tokio::test]
async fn a_head_response_has_the_origins_length_only() {
    let cases = [
        ("content-length: 12\r\n", Some("content-length: 12")),
        ("", None),
        ("transfer-encoding: chunked\r\n", None),
    ];
    for (framing, expected) in cases {
        let reply = format!("HTTP/1.1 200 OK\r\n{framing}\r\n");
        let origin = Origin::start(move |_, _| Reply::send(&reply)).await;
        let front = front(ApiRouter::new().fallback(origin.proxy())).await;
        let response = front.ask("HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        let length = head(&response).into_iter().find(|line| line.starts_with("content-length"));
        assert_eq!(length.as_deref(), expected, "{framing:?}: {response}");
        let response = front.request(true, Request::head("/").body(Body::empty()).unwrap()).await;
        let length = response
            .headers()
            .get("content-length")
            .map(|length| format!("content-length: {}", length.to_str().unwrap()));
        assert_eq!(length.as_deref(), expected, "HTTP/2, {framing:?}");
    }
}

#[tokio::test]
async fn an_error_of_the_client_stays_its_own() {
    let (front, _) = reader(|origin| proxy(origin).body_timeout(SOON)).await;
    let mut client =
        front.open("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n").await;
    let mut text = [0; 12];
    timeout(SOON, client.read_exact(&mut text)).await.unwrap().unwrap();
    assert_eq!(&text, b"HTTP/1.1 400");
    let request = Request::post("/").body(Body::from("x")).unwrap();
    let nowhere = proxy(crate::support::nowhere().await);
    assert_eq!(nowhere.oneshot(request).await.unwrap().status(), 502);
}
