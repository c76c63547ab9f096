//! A client that sends its end together with its request, as `nc -N` and some health probes do.

use crate::common::net::blocking::Server;
use crate::memory::{head, rest, start};
use http::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional, duplex};
use tokio::time::{Instant, sleep};
use tower::service_fn;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, Result};

async fn at_once(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("at once")
}

/// `?ms=`
async fn after(req: ApiRequest, res: ApiResponse) -> Result {
    let _dropped = req.state::<Dropped>()?.clone().guard();
    sleep(Duration::from_millis(req.query().get("ms").unwrap_or_default().parse()?)).await;
    res.send("after a while")
}

async fn stream(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(async |mut body: BodyWriter| {
        for _ in 0..10 {
            body.write("0123456789").await?;
            tokio::task::yield_now().await;
        }
        Ok(())
    })
}

async fn length(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.raw_body().len())
}

/// When handlers were dropped.
#[derive(Clone, Default)]
struct Dropped(Arc<Mutex<Vec<Instant>>>);

struct Guard(Dropped);

impl Dropped {
    fn guard(self) -> Guard {
        Guard(self)
    }

    async fn next(&self) -> Instant {
        loop {
            if let Some(at) = self.0.lock().unwrap().pop() {
                return at;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().push(Instant::now());
    }
}

fn api() -> (ApiRouter, Dropped) {
    let dropped = Dropped::default();
    let api = ApiRouter::new()
        .state(dropped.clone())
        .route("/api/at-once", at_once)
        .route("/api/after", after)
        .route("/api/stream", stream)
        .route("/api/length", length);
    (api, dropped)
}

/// Requests, with what the bodies of the responses begin with.
fn prompt() -> [(&'static str, String, Vec<&'static str>); 6] {
    let get = |path: &str| format!("GET /api/{path} HTTP/1.1\r\nHost: x\r\n\r\n");
    [
        ("at once", get("at-once"), vec!["at once"]),
        ("after 20 ms", get("after?ms=20"), vec!["after a while"]),
        ("a stream", get("stream"), vec!["0123456789"]),
        ("HTTP/1.0", "GET /api/at-once HTTP/1.0\r\n\r\n".into(), vec!["at once"]),
        ("a body", "POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok".into(), vec!["2"]),
        (
            "a pipeline",
            get("at-once") + &get("stream") + &get("at-once"),
            vec!["at once", "0123456789", "at once"],
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn prompt_response_reaches_a_half_closed_client() {
    let (server, _task) = start(api().0, |serve| serve);
    for (name, request, bodies) in prompt() {
        let mut client = server.send(request).await;
        client.shutdown().await.unwrap();
        let seen = rest(&mut client).await;
        let heads = seen.matches("HTTP/1.1 200 OK\r\n").count() + seen.matches("HTTP/1.0 200 OK\r\n").count();
        assert_eq!(heads, bodies.len(), "{name}: {seen}");
        let last = format!("{}\r\n0\r\n\r\n", "0123456789");
        let is_whole = seen.ends_with(bodies[bodies.len() - 1]) || seen.ends_with(&last);
        assert!(is_whole && bodies.iter().all(|body| seen.contains(body)), "{name}: {seen}");
    }
}

/// With the kernel's sockets, those responses that need no second poll: a loaded machine may be late with one.
#[test]
fn half_closed_sockets_get_their_responses() {
    let server = Server::start(api().0);
    let cases = prompt().into_iter().filter(|(name, ..)| ["at once", "HTTP/1.0", "a body"].contains(name));
    for (name, request, bodies) in cases {
        let mut clients: Vec<_> = (0..100).map(|_| server.connect()).collect();
        for client in &mut clients {
            client.send(&request);
            client.half_close();
        }
        for (i, mut client) in clients.into_iter().enumerate() {
            for body in &bodies {
                let response =
                    client.response().unwrap_or_else(|| panic!("{name}: no response for client {i}"));
                assert!(response.status == 200 && response.text().starts_with(body), "{name}: {response:?}");
            }
            assert!(client.is_closed(), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn disconnect_drops_the_handler() {
    let (api, dropped) = api();
    let (server, _task) = start(api, |serve| serve);
    for gone in [false, true] {
        let mut client = server.send("GET /api/after?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n").await;
        sleep(Duration::from_secs(1)).await;
        let begin = Instant::now();
        if gone {
            drop(client);
        } else {
            client.shutdown().await.unwrap();
        }
        assert_eq!(dropped.next().await - begin, Duration::from_millis(100), "gone: {gone}");
    }
    let mut client = server.send("GET /api/after?ms=99 HTTP/1.1\r\nHost: x\r\n\r\n").await;
    client.shutdown().await.unwrap();
    assert!(rest(&mut client).await.ends_with("after a while"), "one that is just in time");
}

#[tokio::test(start_paused = true)]
async fn over_http2_a_handler_is_dropped_at_once() {
    let (api, dropped) = api();
    let (server, _task) = start(api, |serve| serve);
    let (near, mut far) = duplex(64 * 1024);
    let mut stream = server.connect();
    let cable = tokio::spawn(async move { copy_bidirectional(&mut far, &mut stream).await });
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(near)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://x/api/after?ms=60000").body(String::new()).unwrap();
    let response = tokio::spawn(client.send_request(request));
    sleep(Duration::from_secs(1)).await;
    let begin = Instant::now();
    cable.abort();
    assert!(response.await.unwrap().is_err());
    assert!(dropped.next().await - begin <= Duration::from_millis(1));
}

#[tokio::test(start_paused = true)]
async fn upgraded_connection_sees_its_end_at_once() {
    let ended = Dropped::default();
    let tunnel = ended.clone();
    let service = service_fn(move |mut request: Request<Body>| {
        let (upgrade, guard) = (hyper::upgrade::on(&mut request), tunnel.clone().guard());
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut all = String::new();
            stream.read_to_string(&mut all).await.unwrap();
            assert!(all.is_empty() || all == "what follows", "{all}");
            drop(guard);
        });
        async {
            sleep(Duration::from_millis(50)).await;
            let response =
                http::Response::builder().status(101).header("upgrade", "x").header("connection", "upgrade");
            Ok(response.body(Body::empty()).unwrap())
        }
    });
    let (server, _task) = start(service, |serve| serve);
    let request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n";
    for (together, follows) in [(false, "what follows"), (true, "what follows"), (false, ""), (true, "")] {
        let begin = Instant::now();
        let mut client = server.send(request).await;
        if !together {
            assert!(head(&mut client).await.starts_with("HTTP/1.1 101"));
        }
        client.write_all(follows.as_bytes()).await.unwrap();
        client.shutdown().await.unwrap();
        let took = ended.next().await - begin;
        // When the upgrade is there; hyper may have waited for the end before.
        assert!(took <= Duration::from_millis(52), "{follows:?}, together: {together}: {took:?}");
    }
}
