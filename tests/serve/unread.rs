//! Clients that take nothing of a response: how long it is kept for them.

use crate::common::log::Log;
use crate::memory::{Connect, start};
use bytes::Bytes;
use http::Request;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::time::sleep;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, BodyWriter, Event, EventWriter, Result};
use tracing::Level;

const MEGABYTE: usize = 1 << 20;

/// Counts its clones: each handler that is alive has one.
type Alive = Arc<()>;

async fn large(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("x".repeat(MEGABYTE))
}

async fn endless(req: ApiRequest, res: ApiResponse) -> Result {
    let alive = req.state::<Alive>()?.clone();
    res.stream(async move |mut body: BodyWriter| {
        while Arc::strong_count(&alive) > 0 {
            body.write("x".repeat(64 * 1024)).await?;
        }
        Ok(())
    })
}

/// An event each ten minutes.
async fn events(req: ApiRequest, res: ApiResponse) -> Result {
    let alive = req.state::<Alive>()?.clone();
    res.sse(async move |mut events: EventWriter| {
        while Arc::strong_count(&alive) > 0 {
            events.send(Event::new("tick")).await?;
            sleep(Duration::from_secs(600)).await;
        }
        Ok(())
    })
}

fn api() -> (ApiRouter, impl Fn() -> usize) {
    let alive = Alive::default();
    let state = alive.clone();
    let api = ApiRouter::new()
        .state(state)
        .route("/large", large)
        .route("/endless", endless)
        .route("/events", events);
    let router = api.clone();
    // Besides the two here and the one in the router's state.
    (api, move || {
        let _router = &router;
        Arc::strong_count(&alive) - 2
    })
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// An HTTP/2 client whose streams have this window, and whose connection is read.
async fn http2(server: &Connect, window: u32) -> h2::client::SendRequest<Bytes> {
    let mut builder = h2::client::Builder::new();
    let builder = builder.initial_window_size(window).initial_connection_window_size(1 << 30);
    let (client, connection) = builder.handshake(server.connect()).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn get(client: &h2::client::SendRequest<Bytes>, path: &str) -> h2::RecvStream {
    let request = Request::get(format!("http://x{path}")).body(()).unwrap();
    let (response, _) = client.clone().ready().await.unwrap().send_request(request, true).unwrap();
    response.await.unwrap().into_body()
}

#[tokio::test(start_paused = true)]
async fn http1_connections_close_after_the_send_timeout() {
    let log = Log::capture();
    for (limit, time) in [(None, 60), (Some(Some(seconds(5))), 5), (Some(None), 0)] {
        let (api, alive) = api();
        let (server, _task) = start(api, |serve| match limit {
            Some(limit) => serve.send_timeout(limit),
            None => serve,
        });
        let mut client = server.send("GET /endless HTTP/1.1\r\nHost: x\r\n\r\n").await;
        if time == 0 {
            sleep(seconds(1000)).await;
            assert_eq!(alive(), 1, "no limit");
            continue;
        }
        sleep(Duration::from_millis(time * 1000 - 100)).await;
        assert_eq!(alive(), 1, "before {time} s");
        // It is counted from the last byte that the client has taken.
        client.read_exact(&mut vec![0; 50_000]).await.unwrap();
        sleep(Duration::from_millis(time * 1000 - 100)).await;
        assert_eq!(alive(), 1, "before {time} s, again");
        sleep(Duration::from_millis(200)).await;
        assert_eq!(alive(), 0, "after {time} s");
        assert_eq!(
            log.take(Level::DEBUG).iter().filter(|event| event.message() == "connection failed").count(),
            1
        );
        let mut left = Vec::new();
        client.read_to_end(&mut left).await.unwrap();
        assert!(left.len() <= 64 * 1024);
    }
}

#[tokio::test(start_paused = true)]
async fn http2_streams_are_reset_after_the_send_timeout() {
    let log = Log::capture();
    for window in [0, 40] {
        for path in ["/endless", "/large"] {
            let (api, alive) = api();
            let (server, _task) = start(api, |serve| serve);
            let client = http2(&server, window).await;
            let mut body = get(&client, path).await;
            let running = alive();
            sleep(seconds(59)).await;
            assert_eq!(alive(), running, "{path}, window of {window}");
            sleep(seconds(2)).await;
            assert_eq!(alive(), 0, "{path}, window of {window}");
            let told = log.take(Level::DEBUG);
            assert_eq!(
                told.iter().filter(|event| event.message().starts_with("stream reset")).count(),
                1,
                "{told:?}"
            );
            let ended = loop {
                match body.data().await {
                    Some(Ok(_)) => {}
                    other => break other,
                }
            };
            let reason = ended.and_then(|data| data.err()?.reason());
            assert_eq!(reason, Some(h2::Reason::CANCEL), "{path}, window of {window}");
            // The connection is as good as before.
            drop(get(&client, "/large").await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn slow_and_silent_streams_are_kept() {
    let (api, alive) = api();
    let (server, _task) = start(api, |serve| serve.send_timeout(seconds(5)));
    let client = http2(&server, 16_384).await;
    let mut events = get(&client, "/events").await;
    assert!(events.data().await.unwrap().is_ok());
    let mut endless = get(&client, "/endless").await;
    let mut http1 = server.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(http1.read(&mut [0; 1024]).await.unwrap() > 0);
    for _ in 0..30 {
        sleep(seconds(4)).await;
        let data = endless.data().await.unwrap().unwrap();
        endless.flow_control().release_capacity(data.len()).unwrap();
    }
    assert_eq!(alive(), 3);
}

#[tokio::test(start_paused = true)]
async fn unread_http2_connection_closes() {
    let (api, alive) = api();
    let (server, _task) = start(api, |serve| serve.send_timeout(seconds(5)));
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff";
    let window = b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\0\0";
    // `:method` GET, `:scheme` http, `:path` /endless, END_STREAM and END_HEADERS.
    let head = b"\0\0\x0c\x01\x05\0\0\0\x01\x82\x86\x04\x08/endless";
    let mut client = server.send([&preface[..], window, head].concat()).await;
    sleep(seconds(1)).await;
    assert_eq!(alive(), 1);
    sleep(seconds(6)).await;
    assert_eq!(alive(), 0);
    let mut left = Vec::new();
    client.read_to_end(&mut left).await.unwrap();
}
