//! Server-sent events over a real socket.

use crate::common::net::{Client, data, http2, http2_get, serve_in_background as serve};
use std::time::Duration;
use tower_api_routes::response::Closed;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, Event, EventWriter, Result, handler,
};

async fn ticks(req: ApiRequest, res: ApiResponse) -> Result {
    let first = req.last_event_id().and_then(|id| id.parse::<u32>().ok()).map_or(1, |id| id + 1);
    res.sse(move |mut events| async move {
        events.send(Event::default().retry(Duration::from_millis(500))).await?;
        events.comment("from here on\nticks").await?;
        for i in first..=3 {
            events.send(Event::new(format!("tick\r\n{i}")).event("tick").id(i.to_string())).await?;
        }
        events.send("done").await
    })
}

#[tokio::test]
async fn events_arrive_as_they_were_sent() {
    let address = serve(ApiRouter::new().route("/api/ticks", ticks)).await;
    let mut raw = Client::connect(address).await;
    raw.send("GET /api/ticks HTTP/1.0\r\nlast-event-id: 2\r\n\r\n").await;
    let head = raw.until("\r\n\r\n").await;
    let headers = [
        "HTTP/1.0 200 OK\r\n",
        "content-type: text/event-stream\r\n",
        "cache-control: no-cache, no-transform\r\n",
        "x-accel-buffering: no\r\n",
    ];
    for header in headers {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert_eq!(
        raw.rest().await,
        "retry: 500\n\n: from here on\n: ticks\n\nevent: tick\nid: 3\ndata: tick\ndata: 3\n\ndata: done\n\n"
    );
}

#[tokio::test]
async fn the_last_event_id_is_utf_8() {
    async fn id(req: ApiRequest, res: ApiResponse) -> Result {
        res.json(&req.last_event_id())
    }
    let address = serve(ApiRouter::new().route("/api/id", id)).await;
    for (header, json) in [
        ("", "null"),
        ("last-event-id: 7\r\n", "\"7\""),
        ("Last-Event-ID: é✓\r\n", "\"é✓\""),
        ("last-event-id: \r\n", "null"),
        ("last-event-id:   spaced out \r\n", "\"spaced out\""),
    ] {
        let mut raw = Client::connect(address).await;
        raw.send(&format!("GET /api/id HTTP/1.1\r\nhost: x\r\n{header}\r\n")).await;
        assert_eq!(raw.response().await.text(), json, "{header}");
    }
    let mut raw = Client::connect(address).await;
    let request = b"GET /api/id HTTP/1.1\r\nhost: x\r\nlast-event-id: \xff\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut raw.stream, request).await.unwrap();
    assert_eq!(raw.response().await.text(), "null");
}

#[tokio::test]
async fn own_headers_stay_and_204_ends_retries() {
    async fn cached(req: ApiRequest, res: ApiResponse) -> Result {
        if req.last_event_id().is_some() {
            return res.status(204).end();
        }
        let res = res.set_header("cache-control", "no-cache").set_header("x-accel-buffering", "yes");
        res.sse(|mut events| async move { Ok(events.flush().await?) })
    }
    let address = serve(ApiRouter::new().route("/api/cached", cached)).await;
    let mut raw = Client::get(address, "/api/cached").await;
    let head = raw.until("\r\n\r\n").await;
    assert!(
        head.contains("cache-control: no-cache\r\n") && head.contains("x-accel-buffering: yes\r\n"),
        "{head}"
    );
    raw.until("0\r\n\r\n").await;
    raw.send("GET /api/cached HTTP/1.1\r\nhost: x\r\nlast-event-id: 1\r\n\r\n").await;
    assert!(raw.until("\r\n\r\n").await.starts_with("HTTP/1.1 204 "));
}

#[tokio::test]
async fn invalid_event_is_an_error() {
    async fn bad(req: ApiRequest, res: ApiResponse) -> Result {
        let late = req.query().get("late").is_some();
        res.sse(move |mut events| async move {
            if late {
                events.send("first").await?;
            }
            events.send(Event::new("x").id("1\ndata: evil")).await
        })
    }
    async fn refused(_req: ApiRequest, res: ApiResponse) -> Result {
        res.sse(|_events| async { Err(Error::new(404, "no such feed")) })
    }
    let address = serve(ApiRouter::new().route("/api/bad", bad).route("/api/refused", refused)).await;
    let mut raw = Client::get(address, "/api/bad").await;
    let (head, body) = raw.response().await.into_text();
    assert!(head.starts_with("HTTP/1.1 500 "), "{head}");
    assert!(!head.contains("event-stream"), "{head}");
    assert_eq!(body, "Internal Server Error");
    raw.send("GET /api/refused HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(raw.response().await.text(), "no such feed");
    raw.send("GET /api/bad?late HTTP/1.1\r\nhost: x\r\n\r\n").await;
    raw.until("\r\n\r\n").await;
    assert_eq!(raw.rest().await, "D\r\ndata: first\n\n\r\n");
}

/// Comments every 100 ms where nothing else is sent; the handler sends nothing for a while, then often, then turns them off.
async fn quiet(_req: ApiRequest, res: ApiResponse) -> Result {
    res.sse(|mut events| async move {
        events.keep_alive(Duration::from_millis(100));
        tokio::time::sleep(Duration::from_millis(250)).await;
        for i in 0..10 {
            events.send(i.to_string()).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        events.keep_alive(Duration::ZERO);
        tokio::time::sleep(Duration::from_millis(250)).await;
        events.keep_alive(Duration::from_millis(60));
        tokio::time::sleep(Duration::from_millis(150)).await;
        events.send("end").await
    })
}

/// Time stands still but where everybody waits: the test does not depend on how busy the machine is.
#[tokio::test(start_paused = true)]
async fn comments_keep_a_quiet_stream_alive() {
    let started = tokio::time::Instant::now();
    let api = ApiRouter::new().route("/api/quiet", quiet);
    let request = http::Request::get("/api/quiet").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(api, request).await.unwrap();
    assert_eq!(started.elapsed().as_millis(), 100, "a comment brings the head out");
    let mut body = response.into_body();
    let mut seen = Vec::new();
    while let Some(chunk) = body.chunk().await.unwrap() {
        // Where the client does not read, no comment waits behind the other.
        if chunk == "data: 9\n\n" {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        seen.push((started.elapsed().as_millis(), chunk));
    }
    let mut expected: Vec<(u128, bytes::Bytes)> = vec![(100, ":\n\n".into()), (200, ":\n\n".into())];
    expected.extend((0..9).map(|i| (250 + 20 * i, format!("data: {i}\n\n").into())));
    let later = 1430 + 20 + 250;
    expected.extend([
        (1430, "data: 9\n\n".into()),
        (later + 60, ":\n\n".into()),
        (later + 120, ":\n\n".into()),
        (later + 150, "data: end\n\n".into()),
    ]);
    assert_eq!(seen, expected);
}

#[tokio::test(start_paused = true)]
async fn a_new_interval_replaces_the_old_one() {
    // The first interval, the one that is set after a second, and when the first comment comes.
    for (first, second, comment) in [(10, 2, 3), (2, 10, 11), (2, 0, 20), (0, 2, 3)] {
        let changes = move |_: ApiRequest, res: ApiResponse| async move {
            res.sse(move |mut events| async move {
                events.keep_alive(Duration::from_secs(first));
                tokio::time::sleep(Duration::from_secs(1)).await;
                events.keep_alive(Duration::from_secs(second));
                tokio::time::sleep(Duration::from_secs(19)).await;
                Ok(events.flush().await?)
            })
        };
        let started = tokio::time::Instant::now();
        let request = http::Request::get("/").body(Body::empty()).unwrap();
        let response =
            tower::ServiceExt::oneshot(ApiRouter::new().route("/", changes), request).await.unwrap();
        assert_eq!(
            (response.status().as_u16(), started.elapsed().as_secs()),
            (200, comment),
            "{first} {second}"
        );
    }
}

#[tokio::test]
async fn writer_methods_fail_after_disconnect() {
    let (send, mut writers) = tokio::sync::mpsc::unbounded_channel::<EventWriter>();
    let api = ApiRouter::new().route(
        "/api/elsewhere",
        handler(move |_: ApiRequest, res| {
            let send = send.clone();
            async move {
                res.sse(move |mut events| async move {
                    events.send(Event::json(&[1])?).await?;
                    _ = send.send(events);
                    std::future::pending().await
                })
            }
        }),
    );
    let request = http::Request::get("/api/elsewhere").body(Body::empty()).unwrap();
    let mut body = tower::ServiceExt::oneshot(api, request).await.unwrap().into_body();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "data: [1]\n\n");
    let next = tokio::time::timeout(Duration::from_millis(1), body.chunk()).await;
    assert!(next.is_err(), "the writer has left its future");
    let mut events = writers.try_recv().unwrap();
    assert!(!events.is_closed());
    drop(body);
    assert!(events.is_closed());
    assert_eq!(events.flush().await, Err(Closed));
    assert_eq!(events.comment("text").await, Err(Closed));
    assert_eq!(events.send("text").await.unwrap_err().to_string(), Closed.to_string());
    events.keep_alive(Duration::from_secs(1));
}

#[tokio::test]
async fn comments_keep_a_waiting_stream_alive() {
    let address = serve(ApiRouter::new().route("/api/quiet", quiet)).await;
    let mut raw = Client::get(address, "/api/quiet").await;
    raw.until("3\r\n:\n\n\r\n").await;
    let (mut client, _task) = http2(address).await;
    let mut body = http2_get(&mut client, "/api/quiet").await.into_body();
    assert_eq!(data(&mut body).await.unwrap(), ":\n\n");
}
