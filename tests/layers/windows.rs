//! What a deadline bounds over HTTP/2, whose client may close its window.

use bytes::Bytes;
use h2::client::{Builder, SendRequest};
use http::Request;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, RouteConfig, serve};

const DEADLINE: Duration = Duration::from_millis(200);

/// Counts the handlers that hold what they work with.
#[derive(Clone, Default)]
struct Held(Arc<AtomicUsize>);

impl Held {
    fn hold(&self) -> Self {
        self.0.fetch_add(1, Ordering::SeqCst);
        self.clone()
    }

    async fn is_soon(&self, number: usize) -> bool {
        for _ in 0..100 {
            if self.0.load(Ordering::SeqCst) == number {
                return true;
            }
            sleep(Duration::from_millis(20)).await;
        }
        false
    }
}

struct Guard(Held);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A server with a deadline, and a client whose window is closed until the `Notify`.
async fn connect(held: &Held) -> (SendRequest<Bytes>, Arc<Notify>) {
    let held = held.clone();
    let handler = move |req: ApiRequest, res: ApiResponse| {
        let guard = Guard(held.hold());
        async move {
            if req.query().get("hangs").is_some() {
                pending::<()>().await;
            }
            res.stream(|mut body| async move {
                let _guard = guard;
                loop {
                    body.write("x".repeat(1 << 16)).await?;
                }
            })
        }
    };
    let api = ApiRouter::new().route("/", handler.config(RouteConfig::new().max_duration(DEADLINE)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    tokio::spawn(serve(listener, api).into_future());
    let (client, mut connection) = Builder::new().initial_window_size(0).handshake(socket).await.unwrap();
    let opens = Arc::new(Notify::new());
    let opened = Arc::clone(&opens);
    tokio::spawn(async move {
        tokio::select! {
            _ = &mut connection => return,
            () = opened.notified() => {}
        }
        connection.set_initial_window_size(1 << 16).unwrap();
        connection.await.ok();
    });
    (client, opens)
}

#[tokio::test]
async fn closed_http2_window_holds_a_stream() {
    let held = Held::default();
    let (client, opens) = connect(&held).await;
    let mut client = client.ready().await.unwrap();
    let mut send = |path| client.send_request(Request::get(path).body(()).unwrap(), true).unwrap().0;

    let response = send("http://localhost/?hangs").await.unwrap();
    assert_eq!(response.status(), 504, "the head needs no window");
    assert!(held.is_soon(0).await, "the handler is dropped at its deadline");

    let (reset, read) = (send("http://localhost/").await.unwrap(), send("http://localhost/").await.unwrap());
    assert!(reset.status() == 200 && read.status() == 200);
    assert!(held.is_soon(2).await);
    sleep(DEADLINE * 3).await;
    assert_eq!(held.0.load(Ordering::SeqCst), 2, "hyper does not ask for more, deadline or not");

    drop(reset);
    assert!(held.is_soon(1).await, "a stream that is reset is dropped");

    opens.notify_one();
    let mut body = read.into_body();
    let cut = timeout(DEADLINE * 10, async {
        while let Some(chunk) = body.data().await {
            let chunk = chunk?;
            body.flow_control().release_capacity(chunk.len())?;
        }
        Ok::<_, h2::Error>(())
    });
    cut.await.unwrap().unwrap_err();
    assert!(held.is_soon(0).await, "and one whose window opens breaks off");
}
