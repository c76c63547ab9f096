//! What handlers see of a stop: streams and upgraded connections end by themselves, and health checks fail first.

use crate::common::log::Log;
use crate::common::net::blocking::Server;
use crate::memory::{Connect, head, rest, start};
use futures_util::FutureExt as _;
use http::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tower::service_fn;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, Event, EventWriter, Result, Shutdown,
};
use tracing::Level;

fn seconds(req: &ApiRequest, name: &str) -> Option<Duration> {
    req.query().get(name).map(|seconds| Duration::from_secs(seconds.parse().unwrap()))
}

/// `?close=`: how long it goes on. `?moved`: the writer lives in another task.
async fn events(req: ApiRequest, res: ApiResponse) -> Result {
    let (close, moved) = (seconds(&req, "close"), req.query().get("moved").is_some());
    res.sse(async move |mut events: EventWriter| {
        if let Some(time) = close {
            events.close_after_shutdown(time);
        }
        events.send(Event::new("open")).await?;
        if moved {
            tokio::spawn(async move {
                let shutdown = events.server_shutdown();
                shutdown.begun().await;
                sleep(Duration::from_secs(1)).await;
                assert!(events.is_closed() && events.send("late").await.is_err());
                pending::<()>().await;
            });
            return pending().await;
        }
        let mut ticks = 0;
        loop {
            sleep(Duration::from_secs(3)).await;
            ticks += 1;
            events.send(Event::new(format!("tick {ticks}"))).await?;
        }
    })
}

/// `?close=`: when writes fail. `?sees`: it ends when the stop begins.
async fn ticks(req: ApiRequest, res: ApiResponse) -> Result {
    let (close, sees) = (seconds(&req, "close"), req.query().get("sees").is_some());
    res.stream(async move |mut body: BodyWriter| {
        if let Some(time) = close {
            body.close_after_shutdown(time);
        }
        let shutdown = body.server_shutdown();
        loop {
            body.write("tick ").await?;
            tokio::select! {
                () = sleep(Duration::from_secs(3)) => {}
                () = shutdown.begun(), if sees => {
                    body.write("bye").await?;
                    return Ok(());
                }
            }
        }
    })
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/events", events).route("/ticks", ticks)
}

type Task = JoinHandle<std::io::Result<()>>;

fn stopping(api: ApiRouter) -> (Connect, Task, oneshot::Sender<()>) {
    let (signal, signalled) = oneshot::channel::<()>();
    let (server, task) = start(api, |serve| {
        serve.grace_period(Duration::from_secs(20)).with_graceful_shutdown(async { _ = signalled.await })
    });
    (server, task, signal)
}

/// The path, what comes after the head, whether it ends as a whole, and after how many seconds.
const STREAMS: [(&str, &str, bool, u64); 7] = [
    ("/events", "data: open\n\n", true, 0),
    ("/events?close=4", "data: open\n\ndata: tick 1\n\n", true, 4),
    ("/events?moved", "data: open\n\n", true, 0),
    ("/ticks?sees", "tick bye", true, 0),
    ("/ticks?close=0", "tick ", false, 3),
    ("/ticks?close=4", "tick tick ", false, 6),
    ("/ticks", "tick tick tick tick tick tick tick ", false, 20),
];

#[tokio::test(start_paused = true)]
async fn streams_over_http1_see_a_stop() {
    for (path, text, whole, seconds) in STREAMS {
        let (server, task, signal) = stopping(api());
        let mut client = server.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        head(&mut client).await;
        sleep(Duration::from_millis(10)).await;
        let begin = Instant::now();
        signal.send(()).unwrap();
        let chunks = rest(&mut client).await;
        assert_eq!((begin.elapsed() + Duration::from_millis(50)).as_secs(), seconds, "{path}");
        assert_eq!(chunks.ends_with("0\r\n\r\n"), whole, "{path}: {chunks}");
        // Each chunk behind its size.
        let body: String = chunks.split("\r\n").skip(1).step_by(2).collect();
        assert_eq!(body, text, "{path}");
        drop(client);
        task.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn streams_over_http2_see_a_stop() {
    for (path, text, whole, seconds) in STREAMS {
        let (server, task, signal) = stopping(api());
        let (client, connection) = h2::client::handshake(server.connect()).await.unwrap();
        tokio::spawn(connection);
        let request = Request::get(format!("http://x{path}")).body(()).unwrap();
        let (response, _) = client.ready().await.unwrap().send_request(request, true).unwrap();
        let mut body = response.await.unwrap().into_body();
        sleep(Duration::from_millis(10)).await;
        let begin = Instant::now();
        signal.send(()).unwrap();
        let (mut read, mut is_whole) = (Vec::<u8>::new(), true);
        while let Some(data) = body.data().await {
            let Ok(data) = data else {
                is_whole = false;
                break;
            };
            read.extend(data);
        }
        assert_eq!((begin.elapsed() + Duration::from_millis(50)).as_secs(), seconds, "{path}");
        assert_eq!((std::str::from_utf8(&read).unwrap(), is_whole), (text, whole), "{path}");
        task.await.unwrap().unwrap();
    }
}

/// A service that echoes on an upgraded connection.
async fn echo(mut request: Request<Body>) -> std::result::Result<Response<Body>, Infallible> {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let (mut read, mut write) = tokio::io::split(TokioIo::new(upgrade.await.unwrap()));
        // One task for each direction, as WebSockets have.
        let (to_write, mut written) = tokio::sync::mpsc::unbounded_channel::<Vec<u8>>();
        tokio::spawn(async move {
            while let Some(bytes) = written.recv().await {
                write.write_all(&bytes).await.unwrap();
            }
        });
        let mut space = [0; 64];
        while let Ok(length @ 1..) = read.read(&mut space).await {
            to_write.send(space[..length].to_vec()).unwrap();
        }
    });
    let response = Response::builder().status(101).header("connection", "upgrade").header("upgrade", "echo");
    Ok(response.body(Body::empty()).unwrap())
}

async fn echoes(client: &mut DuplexStream) -> bool {
    let mut read = [0; 4];
    client.write_all(b"ping").await.is_ok() && client.read_exact(&mut read).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn upgraded_connection_has_its_own_grace_period() {
    let log = Log::capture();
    for (grace, upgrades, seconds) in [(20, None, 20), (20, Some(5), 5), (5, Some(20), 20)] {
        let (signal, signalled) = oneshot::channel::<()>();
        let (server, task) = start(service_fn(echo), |serve| {
            let serve = serve.grace_period(Duration::from_secs(grace));
            let serve = match upgrades {
                Some(time) => serve.upgrade_grace_period(Duration::from_secs(time)),
                None => serve,
            };
            serve.with_graceful_shutdown(async { _ = signalled.await })
        });
        let mut client =
            server.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n").await;
        assert!(head(&mut client).await.starts_with("HTTP/1.1 101"));
        let begin = Instant::now();
        signal.send(()).unwrap();
        for _ in 1..seconds {
            assert!(echoes(&mut client).await, "cut after {:?}", begin.elapsed());
            sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(rest(&mut client).await, "");
        task.await.unwrap().unwrap();
        assert_eq!(begin.elapsed().as_secs(), seconds);
        // Not when only requests are cut, of which there are none.
        let cut: Vec<_> =
            log.take(Level::WARN).iter().map(|event| event.field("connections").to_owned()).collect();
        assert_eq!(cut, ["1"], "{grace} s and {upgrades:?}");
    }
    // One that ends earlier is not waited for.
    let (signal, signalled) = oneshot::channel::<()>();
    let (server, task) =
        start(service_fn(echo), |serve| serve.with_graceful_shutdown(async { _ = signalled.await }));
    let mut client =
        server.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n").await;
    head(&mut client).await;
    signal.send(()).unwrap();
    let begin = Instant::now();
    sleep(Duration::from_secs(2)).await;
    assert!(echoes(&mut client).await);
    drop(client);
    task.await.unwrap().unwrap();
    assert_eq!(begin.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_grace_period_counts_what_it_cuts() {
    let log = Log::capture();
    // The streams and the upgraded connections, both grace periods, and the connections that are cut after each.
    let cases: [(usize, usize, u64, u64, &[&str]); 6] = [
        (4, 2, 20, 20, &["6"]),
        (4, 2, 20, 5, &["2", "4"]),
        (4, 2, 5, 20, &["4", "2"]),
        (4, 0, 20, 5, &["4"]),
        (4, 0, 5, 20, &["4"]),
        (0, 2, 5, 20, &["2"]),
    ];
    for (streams, tunnels, grace, upgrades, expected) in cases {
        let (signal, signalled) = oneshot::channel::<()>();
        let service = service_fn(|request: Request<Body>| async {
            if request.headers().contains_key("upgrade") {
                return echo(request).await;
            }
            Ok(Response::new(Body::from_stream(futures_util::stream::pending::<std::io::Result<&str>>())))
        });
        let (server, task) = start(service, |serve| {
            let serve = serve.grace_period(Duration::from_secs(grace));
            let serve = serve.upgrade_grace_period(Duration::from_secs(upgrades));
            serve.with_graceful_shutdown(async { _ = signalled.await })
        });
        let mut clients = Vec::new();
        for number in 0..streams + tunnels {
            let upgrade = if number < tunnels { "Connection: upgrade\r\nUpgrade: echo\r\n" } else { "" };
            let mut client = server.send(format!("GET / HTTP/1.1\r\nHost: x\r\n{upgrade}\r\n")).await;
            head(&mut client).await;
            clients.push(client);
        }
        signal.send(()).unwrap();
        for mut client in clients {
            tokio::spawn(async move { _ = tokio::io::copy(&mut client, &mut tokio::io::sink()).await });
        }
        task.await.unwrap().unwrap();
        let cut: Vec<_> =
            log.take(Level::WARN).iter().map(|event| event.field("connections").to_owned()).collect();
        assert_eq!(cut, expected, "{streams}, {tunnels}, {grace} s and {upgrades} s");
    }
}

async fn health(req: ApiRequest, res: ApiResponse) -> Result {
    if req.state::<Shutdown>()?.has_begun() { res.status(503).send("stopping") } else { res.send("ok") }
}

#[test]
fn a_health_check_fails_before_connections_are_refused() {
    const DELAY: Duration = Duration::from_millis(700);
    let shutdown = Shutdown::new();
    let handle = shutdown.clone();
    let api = ApiRouter::new().state(shutdown.clone()).route("/healthz", health);
    let mut server = Server::with(api, move |serve| serve.with_shutdown(handle).shutdown_delay(DELAY));
    let get = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut kept = server.connect();
    kept.send(get);
    assert_eq!((kept.response().unwrap().status, shutdown.has_begun()), (200, false));
    let mut begun = Box::pin(shutdown.begun());
    assert!(begun.as_mut().now_or_never().is_none());
    let begin = std::time::Instant::now();
    server.signal();
    while !shutdown.has_begun() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(begun.now_or_never().is_some());
    kept.send(get);
    let response = kept.response().unwrap();
    assert_eq!((response.status, response.header("connection")), (503, None));
    assert_eq!(server.request(get).map(|response| response.status), Some(503), "on a new connection");
    assert!(kept.is_closed(), "an idle connection, when the delay is over");
    server.join();
    assert!(begin.elapsed() >= DELAY, "{:?}", begin.elapsed());
    assert!(std::net::TcpStream::connect(server.address).is_err());
}

/// A stop waits for the work behind a response, and drops it when the grace period is over.
#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_work_behind_responses() {
    for (takes, waits, done) in [(5, 5, true), (60, 20, false)] {
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let api = ApiRouter::new().route("/", move |_req: ApiRequest, res: ApiResponse| {
            let sender = sender.clone();
            async move {
                res.after(async move {
                    sleep(Duration::from_secs(takes)).await;
                    sender.send(()).unwrap();
                })
                .send("at once")
            }
        });
        let (server, task, signal) = stopping(api);
        let mut client =
            server.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned()).await;
        let begin = Instant::now();
        assert!(rest(&mut client).await.ends_with("at once"));
        signal.send(()).unwrap();
        task.await.unwrap().unwrap();
        assert_eq!((begin.elapsed() + Duration::from_millis(50)).as_secs(), waits);
        assert_eq!(receiver.try_recv().is_ok(), done, "{takes} seconds");
    }
}
