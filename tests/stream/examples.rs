//! The examples of streams, started and asked as their first lines say to.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/proxy.rs"]
mod proxy;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/streaming.rs"]
mod streaming;

use crate::common::net::{Client, serve_in_background as serve, soon};
use crate::common::{call, get};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Proxy, Result};

/// In process and in paused time: the test does not depend on how busy the machine is.
#[tokio::test(start_paused = true)]
async fn next_example_sends_a_number_a_second() {
    let started = tokio::time::Instant::now();
    let response = call(streaming::router(), get("/api/ticks")).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut body, mut seen) = (response.into_body(), Vec::new());
    while let Some(chunk) = body.chunk().await.unwrap() {
        seen.push((started.elapsed().as_secs(), chunk));
    }
    let expected: Vec<_> = (0..10).map(|i| (i, format!("data: {i}\n\n").into())).collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn page_resumes_its_event_stream() {
    let address = serve(streaming::router()).await;
    let mut raw = Client::get(address, "/").await;
    let (head, page) = raw.response().await.into_text();
    assert!(head.contains("content-type: text/html; charset=utf-8\r\n"), "{head}");
    assert!(page.contains("new EventSource(\"/api/clock\")") && page.contains("\"tick\""), "{page}");

    let cases = [("", "retry: 1000\n\n\r\n", 1), ("last-event-id: 41\r\n", "retry: 1000\n\n\r\n", 42)];
    for (header, first, id) in cases {
        let mut raw = Client::connect(address).await;
        raw.send(&format!("GET /api/clock HTTP/1.1\r\nhost: x\r\n{header}\r\n")).await;
        raw.until(first).await;
        let event = format!("event: tick\nid: {id}\ndata: {id} seconds\ndata: and counting\n\n");
        assert!(raw.until("\n\n").await.ends_with(&event), "{event}");
    }
    let mut raw = Client::connect(address).await;
    raw.send("GET /api/clock HTTP/1.1\r\nhost: x\r\nlast-event-id: x\r\n\r\n").await;
    assert!(raw.response().await.head.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn the_echo_responds_line_by_line() {
    let address = serve(streaming::router()).await;
    let mut raw = Client::connect(address).await;
    raw.send("PUT /api/echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for _ in 0..2 {
        raw.send("6\r\nhello\n\r\n").await;
        assert!(raw.until("HELLO\n\r\n").await.ends_with("6\r\nHELLO\n\r\n"));
    }
}

/// What a proxy asks of it, in the response.
async fn upstream() -> SocketAddr {
    async fn show(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let headers = ["host", "x-own", "te", "x-hop", "cookie"]
            .map(|name| req.header(name).unwrap_or("-".into()))
            .join(",");
        let head = format!("{} {} {headers} ", req.method(), req.uri());
        let mut body = req.into_body();
        res.status(201).set_header("x-up", "yes").set_header("keep-alive", "timeout=5").stream(
            |mut out| async move {
                out.write(head).await?;
                while let Some(piece) = body.chunk().await? {
                    out.write(piece).await?;
                }
                Ok(())
            },
        )
    }
    async fn broken(_req: ApiRequest, res: ApiResponse) -> Result {
        res.stream(|mut body| async move {
            body.write("half").await?;
            tokio::time::sleep(Duration::from_millis(50)).await;
            Err(Error::new(500, "broken"))
        })
    }
    serve(ApiRouter::new().route("/broken", broken).route("/[...path]", show)).await
}

async fn through(upstream: SocketAddr) -> SocketAddr {
    serve(proxy::router(Proxy::new(&format!("http://{upstream}")).unwrap())).await
}

#[tokio::test]
async fn the_proxy_streams_both_ways() {
    let upstream = upstream().await;
    let address = through(upstream).await;
    let mut raw = Client::connect(address).await;
    raw.send(concat!(
        "POST /api/proxy/a%2Fb/c%20d?x=1&path=no HTTP/1.1\r\nhost: example\r\ntransfer-encoding: chunked\r\n",
        "x-own: kept\r\nx-hop: gone\r\nconnection: keep-alive, x-hop\r\nte: trailers\r\ncookie: a=b\r\n\r\n",
    ))
    .await;
    let head = raw.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 201 Created\r\n") && head.contains("x-up: yes\r\n"), "{head}");
    assert!(!head.contains("keep-alive"), "{head}");
    raw.until(&format!("POST /a%2Fb/c%20d?x=1&path=no {upstream},kept,trailers,-,a=b \r\n")).await;
    // The request is still on its way.
    for _ in 0..2 {
        raw.send("5\r\nhello\r\n").await;
        raw.until("5\r\nhello\r\n").await;
    }
    raw.send("0\r\n\r\n").await;
    raw.until("0\r\n\r\n").await;
    // The router has resolved what leads up: the upstream never sees it.
    let cases = [
        ("/api/proxy/%2e%2e%2fsecret", "GET /..%2Fsecret "),
        ("/api/proxy/a/../b", "GET /b "),
        ("/api/proxy/a/%2e%2E/b", "GET /b "),
        ("/api/proxy/%2e/b", "GET /b "),
        ("/api/proxy/@evil.example:80/é", "GET /%40evil.example%3A80/%C3%A9 "),
        ("/api/proxy/.%2e/b", "Not Found"),
        ("/api/proxy", "Not Found"),
    ];
    for (path, text) in cases {
        Client::get(address, path).await.until(text).await;
    }
}

#[tokio::test]
async fn failing_upstream_is_502_or_breaks_the_response() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let mut raw = Client::get(through(nobody).await, "/api/proxy/a").await;
    let (head, body) = raw.response().await.into_text();
    assert!(head.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{head}");
    assert_eq!(body, "Bad Gateway");

    let mut raw = Client::get(through(upstream().await).await, "/api/proxy/broken").await;
    raw.until("4\r\nhalf\r\n").await;
    assert_eq!(soon(raw.rest()).await, "", "no last chunk");
}
