//! One connection: how long it waits for what, and what belongs to one stream of it alone.

use crate::common::net::blocking::Server;
use http::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower::service_fn;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, RawBody, Result, serve};

const LIMIT: Duration = Duration::from_millis(300);

async fn at_once(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("at once")
}

/// Longer than a head may take.
async fn slow(_req: ApiRequest, res: ApiResponse) -> Result {
    tokio::time::sleep(3 * LIMIT).await;
    res.send("slow")
}

async fn stream(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(async |mut body: BodyWriter| {
        for piece in ["a", "b", "c", "d"] {
            body.write(piece).await?;
            tokio::time::sleep(LIMIT / 2).await;
        }
        Ok(())
    })
}

const LARGE: usize = 32 << 20;

async fn large(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("x".repeat(LARGE))
}

async fn upload(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.send(req.raw_body().clone())
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/at-once", at_once)
        .route("/api/slow", slow)
        .route("/api/stream", stream)
        .route("/api/large", large)
        .route("/api/upload", upload)
}

#[test]
fn head_limit_restarts_after_a_response() {
    let server = Server::with(api(), |serve| serve.header_read_timeout(LIMIT));
    let get = |path: &str| vec![format!("GET /api/{path} HTTP/1.1\r\nHost: x\r\n\r\n")];
    let mut long_upload =
        vec!["POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n".to_owned()];
    long_upload.extend("hello".chars().map(String::from));
    let upgrade = "GET /api/at-once HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n";
    let cases = [
        ("a response that is there at once", get("at-once"), "at once"),
        ("a slow handler", get("slow"), "slow"),
        ("a slow stream", get("stream"), "abcd"),
        ("a slow upload", long_upload, "hello"),
        ("an upgrade that is not taken", vec![upgrade.to_owned()], "at once"),
    ];
    for (name, pieces, expected) in cases {
        let mut client = server.connect();
        for piece in pieces {
            client.send(piece);
            std::thread::sleep(LIMIT / 3);
        }
        assert_eq!(client.response().expect(name).text(), expected, "{name}");
        let idle = Instant::now();
        assert!(client.response().is_none() && client.is_closed(), "{name}");
        assert!(idle.elapsed() < 5 * LIMIT, "{name}: {:?} idle", idle.elapsed());
    }
}

#[test]
fn head_limit_spares_an_early_response() {
    let server = Server::with(api(), |serve| serve.header_read_timeout(LIMIT));
    let mut client = server.connect();
    client.send("POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n");
    for piece in 0..10 {
        assert!(client.send(vec![b'x'; 100_000]), "reset at piece {piece} of what nobody needs any more");
        std::thread::sleep(LIMIT / 3);
    }
    assert_eq!(client.response().expect("a response").status, 413);
}

#[test]
fn head_limit_spares_a_slow_reader() {
    let server = Server::with(api(), |serve| serve.header_read_timeout(LIMIT));
    let get = |path: &str, more| format!("GET /api/{path} HTTP/1.1\r\nHost: x\r\n{more}\r\n");
    let cases = [
        ("kept alive", get("large", ""), LARGE),
        ("closed behind it", get("large", "Connection: close\r\n"), LARGE),
        ("pipelined", get("large", "") + &get("large", ""), 2 * LARGE),
    ];
    for (name, request, length) in cases {
        let mut client = server.connect();
        client.send(request);
        std::thread::sleep(2 * LIMIT);
        let (mut space, mut read, start) = (vec![0; 1 << 20], 0, Instant::now());
        while let Ok(more @ 1..) = client.stream.read(&mut space) {
            read += more;
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(read > length, "{name}: {read} bytes in {:?}", start.elapsed());
    }
}

#[test]
fn slow_head_behind_a_body_is_timed() {
    let server = Server::with(api(), |serve| serve.header_read_timeout(LIMIT));
    let mut client = server.connect();
    client.send("POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok");
    assert_eq!(client.response().expect("a response").text(), "ok");
    let start = Instant::now();
    while client.send("x") && start.elapsed() < 10 * LIMIT {
        std::thread::sleep(LIMIT / 10);
    }
    let took = start.elapsed();
    assert!((LIMIT * 8 / 10..2 * LIMIT).contains(&took), "cut after {took:?}");
}

/// What a handler reads after it has responded.
#[derive(Clone, Default)]
struct Later(Arc<Mutex<Vec<u8>>>, Arc<Mutex<Option<Ended>>>);

/// How a body ended: what broke it off, if anything did.
type Ended = std::result::Result<(), String>;

impl Later {
    fn wait_for_the_end(&self) -> Ended {
        let start = Instant::now();
        loop {
            if let Some(ended) = self.1.lock().unwrap().take() {
                return ended;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "{} bytes", self.0.lock().unwrap().len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// `?pause=MS`: so long before each chunk.
async fn respond_first(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let later = req.state::<Later>()?.clone();
    let pause = req.query().get("pause").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = req.into_body();
    tokio::spawn(async move {
        let ended = loop {
            match body.chunk().await {
                Ok(Some(chunk)) => later.0.lock().unwrap().extend_from_slice(&chunk),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.to_string()),
            }
            tokio::time::sleep(Duration::from_millis(pause)).await;
        };
        *later.1.lock().unwrap() = Some(ended);
    });
    res.status(202).end()
}

fn api_that_responds_first() -> (ApiRouter, Later) {
    let later = Later::default();
    (ApiRouter::new().state(later.clone()).route("/api/first", respond_first), later)
}

#[test]
fn head_limit_spares_a_slowly_read_body() {
    const LENGTH: usize = 500_000;
    let (api, later) = api_that_responds_first();
    let limit = LIMIT / 3;
    let server = Server::with(api, move |serve| serve.header_read_timeout(limit));
    let mut client = server.connect();
    client.send(format!("POST /api/first?pause=200 HTTP/1.1\r\nHost: x\r\nContent-Length: {LENGTH}\r\n\r\n"));
    assert!(client.send(vec![b'x'; LENGTH]));
    assert_eq!(client.response().expect("a response").status, 202);
    assert_eq!(later.wait_for_the_end(), Ok(()));
    assert_eq!(later.0.lock().unwrap().len(), LENGTH);
}

#[test]
fn head_limit_spares_a_body_after_its_response() {
    let (api, later) = api_that_responds_first();
    let server = Server::with(api, |serve| serve.header_read_timeout(LIMIT));
    let mut client = server.connect();
    client.send("POST /api/first HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n");
    assert_eq!(client.response().expect("a response").status, 202);
    for byte in b"0123456789" {
        std::thread::sleep(LIMIT / 3);
        assert!(client.send([*byte]), "cut off before {byte}");
    }
    let start = Instant::now();
    // At once: hyper's own end of it comes with the connection's only, and as an error.
    assert_eq!(later.wait_for_the_end(), Ok(()));
    assert!(start.elapsed() < LIMIT / 2, "{:?}", start.elapsed());
    assert_eq!(*later.0.lock().unwrap(), b"0123456789");
    assert!(client.response().is_none() && client.is_closed(), "and then the connection is idle");
    assert!(start.elapsed() < 5 * LIMIT, "{:?} idle", start.elapsed());
}

/// A server of a plain tower service, which ends with the test's runtime.
async fn serving<S, F>(service: S) -> SocketAddr
where
    S: Fn(Request<Body>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Body>, Infallible>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, service_fn(service)).header_read_timeout(LIMIT).into_future());
    address
}

#[tokio::test]
async fn upgraded_connection_is_not_timed() {
    let address = serving(async |mut request: Request<Body>| {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let mut stream = TokioIo::new(upgrade.await.unwrap());
            let mut space = [0; 64];
            while let Ok(length @ 1..) = stream.read(&mut space).await {
                stream.write_all(&space[..length]).await.unwrap();
            }
        });
        let upgraded =
            Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
        Ok(upgraded.body(Body::empty()).unwrap())
    })
    .await;
    let head = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    let looks_like_a_request = "GET /\"<>` HTTP/1.1\r\n";
    for (name, early, late) in [
        ("behind the head", looks_like_a_request, ""),
        ("later", "", looks_like_a_request),
        ("both", "<a>", looks_like_a_request),
    ] {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(format!("{head}{early}").as_bytes()).await.unwrap();
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            response.push(client.read_u8().await.unwrap());
        }
        assert!(response.starts_with(b"HTTP/1.1 101"), "{name}");
        tokio::time::sleep(2 * LIMIT).await;
        client.write_all(late.as_bytes()).await.unwrap();
        let mut echoed = vec![0; early.len() + late.len()];
        client.read_exact(&mut echoed).await.unwrap();
        assert_eq!(String::from_utf8(echoed).unwrap(), format!("{early}{late}"), "{name}");
    }
}

#[tokio::test]
async fn panic_ends_one_http2_stream_only() {
    // In `call` itself, before there is a future.
    let address = serving(|request: Request<Body>| {
        assert!(request.uri().path() != "/panic", "a service's own fault");
        async {
            tokio::time::sleep(LIMIT).await;
            Ok(Response::new(Body::from("healthy")))
        }
    })
    .await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut ask = |path: &str| {
        let request = Request::get(format!("http://x{path}")).body(String::new()).unwrap();
        client.send_request(request)
    };
    let (before, panic) = (ask("/healthy"), ask("/panic"));
    assert!(panic.await.is_err());
    assert_eq!(ask("/healthy").await.unwrap().status(), 200, "a stream after it");
    assert_eq!(before.await.unwrap().status(), 200, "a stream beside it");
}
