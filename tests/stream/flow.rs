//! Streams over real sockets: a slow client slows the writer, and a client that goes away drops it.

use crate::common::net::{Client, data, http2, http2_get, serve_in_background as serve, soon};
use crate::dropped::Dropped;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc;
use tower_api_routes::response::Closed;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, HandlerExt as _, Result, RouteConfig, handler,
};

const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 1024;

/// Writes 64 MiB and counts the chunks.
fn counted(written: &Arc<AtomicUsize>) -> ApiRouter {
    let written = Arc::clone(written);
    ApiRouter::new().route(
        "/api/large",
        handler(move |_: ApiRequest, res| {
            let written = Arc::clone(&written);
            async move {
                res.stream(move |mut body| async move {
                    for _ in 0..CHUNKS {
                        body.write(vec![b'x'; CHUNK]).await?;
                        written.fetch_add(1, Ordering::SeqCst);
                    }
                    Ok(())
                })
            }
        }),
    )
}

/// Waits until the writer does not go on, and says how far it came.
async fn stalled(written: &AtomicUsize) -> usize {
    let mut last = 0;
    soon(async {
        loop {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let now = written.load(Ordering::SeqCst);
            if now == last && now > 0 {
                return now;
            }
            last = now;
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_client_stops_the_writer() {
    let written = Arc::new(AtomicUsize::new(0));
    let address = serve(counted(&written)).await;

    let mut raw = Client::get(address, "/api/large").await;
    raw.until("\r\n\r\n").await;
    let far = stalled(&written).await;
    println!("HTTP/1.1: the writer stopped after {} KiB", far * CHUNK / 1024);
    // The kernel's own buffers take up to 4 MiB of it.
    assert!(far * CHUNK < 8 * 1024 * 1024, "{far} chunks");
    let mut length = 0;
    soon(async {
        let mut space = vec![0; CHUNK];
        while written.load(Ordering::SeqCst) < CHUNKS || length < CHUNKS * CHUNK {
            length += raw.stream.read(&mut space).await.unwrap();
        }
    })
    .await;

    written.store(0, Ordering::SeqCst);
    let (mut client, _task) = http2(address).await;
    let mut body = http2_get(&mut client, "/api/large").await.into_body();
    let far = stalled(&written).await;
    println!("HTTP/2: the writer stopped after {} KiB", far * CHUNK / 1024);
    assert!(far * CHUNK < 8 * 1024 * 1024, "{far} chunks");
    let mut length = 0;
    while let Some(data) = data(&mut body).await {
        length += data.len();
        // The client gives the window back as it reads.
    }
    assert_eq!((length, written.load(Ordering::SeqCst)), (CHUNKS * CHUNK, CHUNKS));
}

/// Writes once and then waits for ever, or writes for ever.
async fn endless(req: ApiRequest, res: ApiResponse) -> Result {
    let (guard, busy) = (req.state::<Dropped>()?.guard(), req.query().get("busy").is_some());
    res.stream(move |mut body| async move {
        let _guard = guard;
        body.write("begun").await?;
        if !busy {
            std::future::pending::<()>().await;
        }
        loop {
            body.write(vec![b'x'; CHUNK]).await?;
        }
    })
}

/// hyper asks a body for nothing while the connection is full: the deadline is met as soon as it asks.
#[tokio::test]
async fn deadline_cuts_an_unread_body_on_reading() {
    let dropped = Dropped::default();
    let api = ApiRouter::new()
        .state(dropped.clone())
        .route("/api/endless", endless.config(RouteConfig::new().max_duration(Duration::from_millis(200))));
    let address = serve(api).await;
    let mut raw = Client::get(address, "/api/endless?busy").await;
    raw.until("begun").await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    let rest = raw.rest().await;
    assert!(rest.len() < 16 * 1024 * 1024 && !rest.ends_with("0\r\n\r\n"), "{} bytes", rest.len());
    soon(dropped.wait()).await;
}

/// Does not come to its first write.
async fn headless(req: ApiRequest, res: ApiResponse) -> Result {
    let guard = req.state::<Dropped>()?.guard();
    res.stream(move |_body| async move {
        let _guard = guard;
        std::future::pending().await
    })
}

#[tokio::test]
async fn a_connection_that_is_cut_drops_the_writer() {
    for path in ["/api/endless", "/api/endless?busy", "/api/headless"] {
        for how in ["http1", "http2 connection", "http2 stream"] {
            let dropped = Dropped::default();
            let api = ApiRouter::new()
                .state(dropped.clone())
                .route("/api/endless", endless)
                .route("/api/headless", headless);
            let address = serve(api).await;
            let headless = path == "/api/headless";
            if how == "http1" {
                let mut raw = Client::get(address, path).await;
                if headless {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                } else {
                    raw.until("begun").await;
                }
                assert!(!dropped.is_dropped(), "{path} {how}");
                drop(raw);
            } else {
                let (mut client, task) = http2(address).await;
                let request = http::Request::get(format!("http://x{path}")).body(Body::empty()).unwrap();
                let mut response = Box::pin(client.send_request(request));
                let mut body = None;
                if headless {
                    _ = tokio::time::timeout(Duration::from_millis(50), response.as_mut()).await;
                } else {
                    let mut begun = soon(response.as_mut()).await.unwrap().into_body();
                    assert_eq!(data(&mut begun).await.unwrap(), "begun");
                    body = Some(begun);
                }
                assert!(!dropped.is_dropped(), "{path} {how}");
                if how == "http2 connection" {
                    task.abort();
                    _ = task.await;
                } else {
                    drop((response, body));
                }
            }
            soon(dropped.wait()).await;
        }
    }
}

#[tokio::test]
async fn writer_in_another_task_sees_disconnect() {
    let (send, mut writers) = mpsc::unbounded_channel::<BodyWriter>();
    let api = ApiRouter::new().route(
        "/api/elsewhere",
        handler(move |_: ApiRequest, res| {
            let send = send.clone();
            async move {
                res.stream(move |body| async move {
                    _ = send.send(body);
                    Ok(())
                })
            }
        }),
    );
    let address = serve(api).await;

    let mut raw = Client::get(address, "/api/elsewhere").await;
    let mut writer = soon(writers.recv()).await.unwrap();
    writer.write("one").await.unwrap();
    raw.until("one").await;
    writer.write("two").await.unwrap();
    drop(writer);
    assert_eq!(raw.until("0\r\n\r\n").await, "\r\n3\r\ntwo\r\n0\r\n\r\n", "its end is the stream's");

    raw.send("GET /api/elsewhere HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut writer = soon(writers.recv()).await.unwrap();
    writer.write("one").await.unwrap();
    drop(raw);
    let closed = soon(async {
        loop {
            match writer.write("more").await {
                Ok(()) => tokio::time::sleep(Duration::from_millis(10)).await,
                Err(closed) => return closed,
            }
        }
    });
    assert_eq!(closed.await, Closed);
    assert!(writer.is_closed());
    assert_eq!(writer.flush().await, Err(Closed));
}

#[tokio::test]
async fn nothing_is_spawned() {
    let api = ApiRouter::new().state(Dropped::default()).route("/api/endless", endless).route(
        "/api/events",
        handler(|_: ApiRequest, res| async move {
            res.sse(|mut events| async move {
                events.keep_alive(Duration::from_secs(1));
                events.send("begun").await?;
                std::future::pending().await
            })
        }),
    );
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.num_alive_tasks();
    let mut bodies = Vec::new();
    for path in ["/api/endless", "/api/events"].repeat(50) {
        let request = http::Request::get(path).body(Body::empty()).unwrap();
        let mut response = tower::ServiceExt::oneshot(api.clone(), request).await.unwrap();
        assert!(response.body_mut().chunk().await.unwrap().is_some());
        bodies.push(response);
    }
    assert_eq!(metrics.num_alive_tasks(), before, "{} streams are under way", bodies.len());

    // Over a socket there is the task of the connection, and the server's.
    let address = serve(api).await;
    let mut raws = Vec::new();
    for _ in 0..10 {
        let mut raw = Client::get(address, "/api/endless").await;
        raw.until("begun").await;
        raws.push(raw);
    }
    assert_eq!(metrics.num_alive_tasks(), before + 1 + raws.len());
}
