//! The server: timeouts, shutdown, early responses, and one connection's fault never another's.

use crate::common::net::blocking::{Client, Server, settle};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, BodyWriter, Result};

const GET: &str = "GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n";

/// A route whose requests say when they begin and when they are gone.
#[derive(Clone, Default)]
struct Running(Arc<AtomicUsize>);

struct Guard(Running);

impl Running {
    fn begin(&self) -> Guard {
        self.0.fetch_add(1, Ordering::SeqCst);
        Guard(self.clone())
    }

    fn wait_for(&self, number: usize) {
        let start = Instant::now();
        while self.0.load(Ordering::SeqCst) != number {
            assert!(start.elapsed() < Duration::from_secs(5), "never {number} running");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn milliseconds(req: &ApiRequest) -> Duration {
    Duration::from_millis(req.query().get("ms").and_then(|text| text.parse().ok()).unwrap_or_default())
}

async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("healthy")
}

async fn sleep(req: ApiRequest, res: ApiResponse) -> Result {
    let _guard = req.state::<Running>()?.begin();
    tokio::time::sleep(milliseconds(&req)).await;
    res.send("slept")
}

async fn stream(req: ApiRequest, res: ApiResponse) -> Result {
    let guard = req.state::<Running>()?.begin();
    let time = milliseconds(&req);
    res.stream(move |mut body: BodyWriter| async move {
        let _guard = guard;
        for i in 0..10 {
            body.write(format!("{i}")).await?;
            tokio::time::sleep(time / 10).await;
        }
        Ok(())
    })
}

async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&(req.query(), req.body(), req.header("x")))
}

fn api() -> (ApiRouter, Running) {
    let running = Running::default();
    let api = ApiRouter::new()
        .state(running.clone())
        .route("/api/healthy", healthy)
        .route("/api/sleep", sleep)
        .route("/api/stream", stream)
        .route("/api/echo", echo);
    (api, running)
}

#[test]
fn requests_in_flight_end_within_grace() {
    let (api, running) = api();
    let mut server = Server::start(api);
    let mut clients: Vec<_> = ["sleep", "stream"].map(|route| (route, server.connect())).into();
    for (route, client) in &mut clients {
        client.send(format!("GET /api/{route}?ms=600 HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    running.wait_for(2);
    server.signal();
    std::thread::sleep(Duration::from_millis(100));
    assert!(std::net::TcpStream::connect(server.address).is_err(), "a new connection was taken");
    for (route, client) in &mut clients {
        let response = client.response().expect("the request under way is completed");
        let expected = if *route == "sleep" { "slept" } else { "0123456789" };
        assert_eq!((response.status, &*response.text()), (200, expected));
        assert!(client.is_closed());
    }
    server.join();
}

#[test]
fn grace_period_cuts_and_leaves_no_task() {
    let (api, running) = api();
    let mut server = Server::with(api, |serve| serve.grace_period(Duration::from_millis(300)));
    let mut clients: Vec<_> = ["sleep", "stream"].map(|route| (route, server.connect())).into();
    for (route, client) in &mut clients {
        client.send(format!("GET /api/{route}?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n"));
    }
    running.wait_for(2);
    let start = Instant::now();
    server.signal();
    server.join(); // asserts that no task is left
    assert!((300..1300).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    running.wait_for(0);
    for (_, client) in &mut clients {
        assert!(client.response().is_none(), "a cut response looked whole");
    }
}

#[test]
fn a_dropped_server_ends_its_connections() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (api, running) = api();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let task = runtime.spawn(tower_api_routes::serve(listener, api).into_future());
    let mut client = Client::connect(address);
    client.send("GET /api/sleep?ms=60000 HTTP/1.1\r\nHost: x\r\n\r\n");
    running.wait_for(1);
    task.abort();
    running.wait_for(0);
    assert!(client.response().is_none());
    assert_eq!(settle(0, || runtime.metrics().num_alive_tasks()), 0);
}

#[test]
fn idle_connections_do_not_delay_a_stop() {
    let (api, _) = api();
    let mut server = Server::start(api);
    let mut kept_alive = server.connect();
    kept_alive.send(GET);
    assert_eq!(kept_alive.response().unwrap().status, 200);
    let mut silent = server.connect();
    std::thread::sleep(Duration::from_millis(600));
    let mut fresh = server.connect();
    std::thread::sleep(Duration::from_millis(50));
    let start = Instant::now();
    server.signal();
    assert!(kept_alive.is_closed() && silent.is_closed());
    drop((kept_alive, silent));
    assert!(start.elapsed() < Duration::from_millis(300), "{:?}", start.elapsed());
    // One that was opened just before may still send its request.
    fresh.send(GET);
    assert_eq!(fresh.response().unwrap().status, 200);
    drop(fresh);
    server.join();
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn accepted_connections_are_served_at_a_stop() {
    let (api, _) = api();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut clients: Vec<_> = (0..50).map(|_| Client::connect(listener.local_addr().unwrap())).collect();
    for client in &mut clients {
        assert!(client.send(GET));
    }
    // The signal is there before the first `accept`.
    let mut server = Server::on(listener, api, |serve| serve);
    server.signal();
    for client in &mut clients {
        assert_eq!(client.response().expect("a response").status, 200);
    }
    drop(clients);
    server.join();
}

#[test]
fn missing_head_is_not_waited_for() {
    let (api, _) = api();
    let limit = Duration::from_millis(300);
    let server = Server::with(api, move |serve| serve.header_read_timeout(limit));
    let cases: &[(&str, &[u8])] = &[
        ("nothing at all", b""),
        ("a byte that both versions begin with", b"P"),
        ("a part of the preface of HTTP/2", b"PRI * HTTP/2.0\r\n"),
        ("a part of a head", b"GET /api/healthy HTTP/1.1\r\nHost:"),
        ("a request, and a part of the next", b"GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\nGET /api"),
        ("a request, and nothing more", b"GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n"),
    ];
    for (name, bytes) in cases {
        let start = Instant::now();
        let mut client = server.connect();
        client.send(bytes);
        while client.response().is_some() {}
        assert!(client.is_closed(), "{name}");
        let took = start.elapsed().as_millis();
        assert!((250..1500).contains(&took), "{name}: {took} ms");
    }
    assert!(server.tasks(1) <= 1, "tasks of closed connections are left");
}

#[test]
fn slow_head_is_not_waited_for() {
    let (api, _) = api();
    let server = Server::with(api, |serve| serve.header_read_timeout(Duration::from_millis(300)));
    let mut client = server.connect();
    let start = Instant::now();
    for byte in
        "GET /api/healthy HTTP/1.1\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".bytes()
    {
        if !client.send([byte]) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    while client.response().is_some() {}
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}

#[test]
fn the_longest_timeout_is_no_fault() {
    let (api, _) = api();
    let server =
        Server::with(api, |serve| serve.header_read_timeout(Duration::MAX).grace_period(Duration::MAX));
    server.assert_healthy("a timeout of five hundred billion years");
}

#[test]
fn a_connection_is_kept_alive() {
    let (api, _) = api();
    let server = Server::start(api);
    let mut client = server.connect();
    for i in 0..100 {
        client.send(GET);
        assert_eq!(client.response().expect("the same connection").status, 200, "request {i}");
    }
    client.send(GET.repeat(50));
    for i in 0..50 {
        assert_eq!(client.response().expect("a pipelined response").status, 200, "request {i}");
    }
}

#[test]
fn large_upload_reads_its_413() {
    let (api, _) = api();
    let server = Server::start(api);
    let length = 50 << 20;
    let heads = [
        ("a declared length", format!("Content-Length: {length}\r\n\r\n")),
        ("chunks", format!("Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n")),
    ];
    for (name, head) in heads {
        let mut client = server.connect();
        client.send(format!("POST /api/echo HTTP/1.1\r\nHost: x\r\n{head}"));
        let sent_all = client.send(vec![b'x'; length]);
        let response = client.response().expect(name);
        assert_eq!((response.status, &*response.reason), (413, "Body exceeded 1mb limit"), "{name}");
        assert!(sent_all, "{name}: the server closed before the upload was through");
    }
    server.assert_healthy("large uploads");
}

#[test]
fn raw_quote_in_a_target_is_400() {
    let (api, _) = api();
    let server = Server::start(api);
    let get = |query: &str| format!("GET /api/echo?a={query} HTTP/1.1\r\nHost: x\r\n\r\n");
    let post = "POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nGET /<>".to_owned();
    for query in ["<", ">", "\"", "<b>"] {
        let (first, rest) = (&get(query)[..1], &get(query)[1..]);
        let cases = [
            ("alone", vec![get(query)]),
            ("behind a request", vec![get("plain"), get(query)]),
            ("behind a body", vec![post.clone(), get(query)]),
            ("pipelined", vec![get("plain") + &get(query)]),
            ("pipelined behind a body", vec![post.clone() + &get(query)]),
            ("its first byte in a segment of its own", vec![first.to_owned(), rest.to_owned()]),
        ];
        for (name, pieces) in cases {
            let mut client = server.connect();
            for piece in pieces {
                client.send(piece);
                std::thread::sleep(Duration::from_millis(20));
            }
            let statuses: Vec<_> =
                std::iter::from_fn(|| client.response()).map(|response| response.status).collect();
            assert_eq!(statuses.last(), Some(&400), "{query} {name}: {statuses:?}");
            assert!(
                statuses.iter().rev().skip(1).all(|status| *status == 200),
                "{query} {name}: {statuses:?}"
            );
        }
    }
}

#[tokio::test]
async fn http2_by_prior_knowledge_stops_gracefully() {
    use http_body_util::BodyExt as _;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let (api, running) = api();
    let mut server = Server::with(api, |serve| serve.grace_period(Duration::from_secs(5)));
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let get = |path: &str| {
        let uri = format!("http://x{path}");
        http::Request::get(uri).body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap()
    };
    let mut streams = Vec::new();
    for path in ["/api/healthy", "/api/stream?ms=600", "/api/sleep?ms=600"] {
        streams.push(client.send_request(get(path)));
    }
    tokio::task::spawn_blocking(move || running.wait_for(2)).await.unwrap();
    server.signal();
    let mut bodies = Vec::new();
    for stream in streams {
        let response = stream.await.unwrap();
        assert_eq!((response.status(), response.version()), (200.try_into().unwrap(), http::Version::HTTP_2));
        bodies.push(response.into_body().collect().await.unwrap().to_bytes());
    }
    assert_eq!(bodies, ["healthy", "0123456789", "slept"]);
    assert!(client.send_request(get("/api/healthy")).await.is_err(), "a new stream was taken");
    drop(client);
    _ = connection.await;
    tokio::task::spawn_blocking(move || server.join()).await.unwrap();
}

#[tokio::test]
async fn http2_streams_are_cut_after_the_grace_period() {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let (api, running) = api();
    let mut server = Server::with(api, |serve| serve.grace_period(Duration::from_millis(200)));
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://x/api/sleep?ms=60000");
    let response = client.send_request(request.body(http_body_util::Empty::<bytes::Bytes>::new()).unwrap());
    let begun = running.clone();
    tokio::task::spawn_blocking(move || begun.wait_for(1)).await.unwrap();
    server.signal();
    assert!(response.await.is_err());
    tokio::task::spawn_blocking(move || (running.wait_for(0), server.join())).await.unwrap();
}

#[test]
fn one_connections_fault_is_never_anothers() {
    let (api, running) = api();
    let server = Server::start(api);
    let mut innocent = server.connect();
    innocent.send("GET /api/sleep?ms=500 HTTP/1.1\r\nHost: x\r\n\r\n");
    running.wait_for(1);
    for bytes in
        [&b"\x00\x01\x02\r\n\r\n"[..], b"\x16\x03\x01\x02\x00\x01", b"GET", b"GET / HTTP/9.9\r\n\r\n"]
    {
        let mut guilty = server.connect();
        guilty.send(bytes);
        guilty.half_close();
        while guilty.response().is_some() {}
    }
    assert_eq!(innocent.response().expect("a response").text(), "slept");
}
