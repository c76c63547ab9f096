//! A kept connection that the origin closes just when a request comes.

use crate::support::{Front, Origin, Reply, front, get, proxy, raw_origin, read, status};
use http::Request;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Barrier;
use tower::ServiceExt as _;
use tower_api_routes::Body;

/// The replies in the order of the requests; after them the origin closes.
async fn pair(replies: &'static [Reply]) -> (Origin, Front) {
    let next = Arc::new(Mutex::new(replies.iter()));
    let origin =
        Origin::start(move |_, _| next.lock().unwrap().next().cloned().unwrap_or(Reply::Close)).await;
    let front = front(origin.proxy()).await;
    (origin, front)
}

/// Returns a request without its `Connection: close`, and whether it had one: a repeated request has.
fn without_close(request: &str) -> (String, bool) {
    let kept = request.replace("connection: close\r\n", "");
    let closes = kept != request;
    (kept, closes)
}

static OK: LazyLock<Vec<Reply>> =
    LazyLock::new(|| vec![Reply::ok("first"), Reply::Close, Reply::ok("second")]);

#[tokio::test]
async fn safe_request_is_repeated_once() {
    let cases = [
        ("GET", "", 200, 3),
        ("HEAD", "", 200, 3),
        ("DELETE", "", 200, 3),
        ("PUT", "", 200, 3),
        ("POST", "content-length: 0\r\n", 502, 2),
        ("PATCH", "content-length: 0\r\n", 502, 2),
    ];
    for (method, headers, expected, sent) in cases {
        let (origin, front) = pair(&OK).await;
        front.get("/").await;
        let request = format!("{method} /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{headers}\r\n");
        let response = front.ask(request).await;
        assert_eq!(status(&response), expected, "{method}: {response}");
        let requests = origin.requests();
        assert_eq!(requests.len(), sent, "{method}: {requests:?}");
        // The second attempt is the same request on a new connection.
        if let [_, second, third] = &*requests {
            let (kept, closes) = without_close(third);
            assert!(*second == kept && closes, "{method}: {requests:?}");
            assert_eq!(origin.connections(), [0, 0, 1], "{method}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_streamed_is_not_repeated() {
    let (origin, front) = pair(&OK).await;
    front.get("/").await;
    let response =
        front.ask("PUT /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc").await;
    assert_eq!((status(&response), origin.requests().len()), (502, 2), "{response}");
}

#[tokio::test]
async fn a_body_in_memory_is_repeated() {
    let (origin, _front) = pair(&OK).await;
    let proxy = origin.proxy();
    read(proxy.clone().oneshot(get("/")).await.unwrap()).await;
    let request = Request::put("/x").body(Body::from("abc")).unwrap();
    assert_eq!(read(proxy.oneshot(request).await.unwrap()).await, (200, "second".into()));
    let requests = origin.requests();
    let (again, closes) = without_close(&requests[2]);
    assert!(closes && requests[1] == again && again.ends_with("\r\n\r\nabc"), "{requests:?}");
}

#[tokio::test]
async fn new_connection_request_is_not_repeated() {
    let (origin, front) = pair(&[]).await;
    assert_eq!(status(&front.get("/").await), 502);
    assert_eq!(origin.requests().len(), 1, "a new connection");

    let (origin, front) = pair(&OK[..1]).await;
    front.get("/").await;
    assert_eq!(status(&front.get("/").await), 502);
    assert_eq!(origin.requests().len(), 3, "the first, the second, and that again");
}

#[tokio::test]
async fn a_repeated_request_gets_a_new_connection() {
    // The pool has two connections, and the origin closes both when the next request comes.
    const OLD: usize = 2;
    let (number, both) = (Arc::new(AtomicUsize::new(0)), Arc::new(Barrier::new(OLD)));
    let origin = raw_origin(move |mut stream| {
        let (is_old, both) = (number.fetch_add(1, Ordering::Relaxed) < OLD, Arc::clone(&both));
        async move {
            let mut space = [0; 4096];
            _ = stream.read(&mut space).await;
            if is_old {
                both.wait().await;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            _ = stream.read(&mut space).await;
        }
    })
    .await;
    let front = front(proxy(origin)).await;
    let (one, other) = tokio::join!(front.get("/"), front.get("/"));
    assert_eq!((status(&one), status(&other)), (200, 200));
    assert_eq!(status(&front.get("/").await), 200);
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(origin.proxy()).await;
    for _ in 0..3 {
        front.get("/").await;
    }
    assert_eq!(origin.connections(), [0, 0, 0]);
}

/// Node closes an idle connection after five seconds.
#[tokio::test]
async fn an_idle_connection_lasts_four_seconds() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let proxy = origin.proxy();
    for idle in [3900, 3900, 4100, 3900] {
        read(proxy.clone().oneshot(get("/")).await.unwrap()).await;
        // The connection returns to the pool in a task of its own.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        tokio::time::pause();
        tokio::time::advance(Duration::from_millis(idle)).await;
        tokio::time::resume();
    }
    assert_eq!(origin.connections(), [0, 0, 0, 1]);
}
