//! Mixed traffic against a server that is restarted again and again; ends with an error if anything was lost.
//!
//! ```sh
//! cargo run --release --example soak -- --seconds 1200 --restart-every 30
//! cargo run --release --example soak -- --restarts 100 # as fast as the clients allow
//! ```
//!
//! A restart hands the listening socket over: the old server stops gracefully while the new one accepts. Every request is
//! counted: answered as it should be, cut on purpose (an upload that the client breaks off), or lost. A client that has kept
//! a connection alive may find it closed before it has sent anything on it, and opens another, as every HTTP client does.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, BodyWriter, Error, Result, methods, serve};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(&serde_json::json!({ "message": "Hello" }))
}

async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(&(req.query().get("pid"), req.query().get("page"), req.cookies().get("session")))
}

async fn create(req: ApiRequest<serde_json::Value>, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.status(201).json(req.body())
}

async fn form(req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(req.body())
}

async fn files(req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.json(req.query())
}

async fn stream(_req: ApiRequest, res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    res.stream(|mut body: BodyWriter| async move {
        for i in 0..5 {
            body.write(format!("data: {i}\n\n")).await?;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    })
}

async fn fail(_req: ApiRequest, _res: ApiResponse) -> Result {
    BEGUN.fetch_add(1, Relaxed);
    Err(Error::from_boxed("on purpose".into()))
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/post/[pid]", methods().get(show).post(create))
        .route("/api/form", form)
        .route("/api/files/[...path]", files)
        .route("/api/stream", stream)
        .route("/api/fail", fail)
}

#[derive(Default)]
struct Counts {
    answered: AtomicU64,
    cut: AtomicU64,
    reopened: AtomicU64,
    lost: AtomicU64,
}

static COUNTS: Counts = Counts {
    answered: AtomicU64::new(0),
    cut: AtomicU64::new(0),
    reopened: AtomicU64::new(0),
    lost: AtomicU64::new(0),
};
static STOP: AtomicBool = AtomicBool::new(false);
/// Errors that were logged; each must be one of `/api/fail`.
static LOGGED: AtomicU64 = AtomicU64::new(0);
static FAILED: AtomicU64 = AtomicU64::new(0);
/// Requests that a handler has begun to answer, and those of them whose answer has arrived. A difference is a request that
/// the server has taken and lost, whatever the client makes of it.
static BEGUN: AtomicU64 = AtomicU64::new(0);
static ARRIVED: AtomicU64 = AtomicU64::new(0);

/// Counts what is logged at `warn` and above.
struct Log;

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        if !line.is_empty() {
            LOGGED.fetch_add(1, Relaxed);
            let text = String::from_utf8_lossy(line);
            if !text.contains("on purpose") {
                eprint!("logged: {text}");
            }
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The kinds of requests, with the status and the body that they must get.
fn requests() -> Vec<(Vec<u8>, u16, Option<&'static str>)> {
    let post = |path: &str, kind: &str, body: &str| {
        let length = body.len();
        format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
    };
    let get = |path: &str| {
        format!("GET {path} HTTP/1.1\r\nHost: x\r\nCookie: session=s%20t; a=b\r\n\r\n").into_bytes()
    };
    let json = r#"{"title":"a title","tags":["a","b"]}"#;
    vec![
        (get("/api/hello"), 200, Some(r#"{"message":"Hello"}"#)),
        (get("/api/post/42?page=7"), 200, Some(r#"["42","7","s t"]"#)),
        (post("/api/post/1", "application/json", json), 201, None),
        (post("/api/post/1", "application/json", &format!("{:?}", "x".repeat(64_000))), 201, None),
        (
            post("/api/form", "application/x-www-form-urlencoded", "a=1&b=x+y&a=%C3%A9"),
            200,
            Some(r#"{"a":["1","é"],"b":"x y"}"#),
        ),
        (get("/api/files/a/b/c/d/e"), 200, Some(r#"{"path":["a","b","c","d","e"]}"#)),
        (get("/api/stream"), 200, Some("data: 0\n\ndata: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\n")),
        (get("/api/nothing"), 404, None),
        (get("/api/post/%ZZ"), 400, None),
        (post("/api/post/1", "application/json", "{"), 400, Some("Invalid JSON")),
        (post("/api/hello", "text/plain", &"x".repeat(1_100_000)), 413, None),
        (get("/api/fail"), 500, Some("Internal Server Error")),
    ]
}

/// Status and body of the next answer; none if the connection ends before its first byte.
fn answer(stream: &mut TcpStream) -> std::io::Result<Option<(u16, Vec<u8>, bool)>> {
    let broken = || std::io::Error::other("a broken answer");
    let (mut data, mut space) = (Vec::new(), [0; 16 * 1024]);
    let mut more = |data: &mut Vec<u8>| -> std::io::Result<bool> {
        let read = stream.read(&mut space)?;
        data.extend_from_slice(&space[..read]);
        Ok(read > 0)
    };
    let end = loop {
        if let Some(at) = data.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        match more(&mut data) {
            Ok(true) => {}
            Ok(false) | Err(_) if data.is_empty() => return Ok(None),
            Ok(false) => return Err(broken()),
            Err(error) => return Err(error),
        }
    };
    let head = String::from_utf8_lossy(&data[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(broken)?;
    let closes = head.contains("connection: close");
    data.drain(..end);
    if let Some((_, rest)) = head.split_once("content-length: ") {
        let length: usize = rest.lines().next().unwrap_or_default().parse().map_err(|_| broken())?;
        while data.len() < length {
            if !more(&mut data)? {
                return Err(broken());
            }
        }
        return Ok(Some((status, data, closes)));
    }
    while !data.ends_with(b"\r\n0\r\n\r\n") {
        if !more(&mut data)? {
            return Err(broken());
        }
    }
    let (mut body, mut rest) = (Vec::new(), &data[..]);
    while let Some(at) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..at]), 16).map_err(|_| broken())?;
        body.extend_from_slice(rest.get(at + 2..at + 2 + size).ok_or_else(broken)?);
        rest = rest.get(at + 4 + size..).unwrap_or_default();
    }
    Ok(Some((status, body, closes)))
}

/// One client: asks, checks, and now and then breaks an upload off.
fn client(address: SocketAddr, seed: usize, pause: Duration) {
    let requests = requests();
    let mut kept: Option<TcpStream> = None;
    let mut turn = seed;
    while !STOP.load(Relaxed) {
        turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let choice = turn >> 33;
        let (bytes, status, body) = &requests[choice % requests.len()];
        let connect = || -> std::io::Result<TcpStream> {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(Duration::from_secs(20)))?;
            Ok(stream)
        };
        if choice % 50 == 49 {
            let head = "POST /api/post/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n";
            if let Ok(mut stream) = connect() {
                _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&[b'x'; 10_000]));
                _ = stream.shutdown(Shutdown::Both);
                COUNTS.cut.fetch_add(1, Relaxed);
            }
            continue;
        }
        let reused = kept.is_some();
        let lost = |why: String| {
            COUNTS.lost.fetch_add(1, Relaxed);
            eprintln!(
                "lost: {why}: {}",
                String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).escape_debug()
            );
        };
        let mut stream = match kept.take().map_or_else(connect, Ok) {
            Ok(stream) => stream,
            Err(error) => {
                lost(format!("not connected: {error}"));
                continue;
            }
        };
        if *status == 500 {
            FAILED.fetch_add(1, Relaxed);
        }
        let sent = stream.write_all(bytes);
        match answer(&mut stream) {
            Ok(Some((code, text, closes))) => {
                if code == *status && body.is_none_or(|body| body.as_bytes() == text) {
                    COUNTS.answered.fetch_add(1, Relaxed);
                    ARRIVED.fetch_add(u64::from(matches!(code, 200 | 201 | 500)), Relaxed);
                } else {
                    lost(format!("answered {code}"));
                }
                if !closes && sent.is_ok() {
                    kept = Some(stream);
                }
            }
            // The server had closed a connection that was idle: nothing of this request was answered.
            Ok(None) if reused => {
                COUNTS.reopened.fetch_add(1, Relaxed);
                FAILED.fetch_sub(u64::from(*status == 500), Relaxed);
            }
            Ok(None) => lost(format!("closed without an answer, sent: {sent:?}")),
            Err(error) => lost(error.to_string()),
        }
        std::thread::sleep(pause);
    }
}

/// Starts a server on a copy of the listening socket; the sender stops it, the receiver tells when it has ended.
fn start(
    listener: &std::net::TcpListener,
) -> std::io::Result<(oneshot::Sender<()>, tokio::task::JoinHandle<std::io::Result<()>>)> {
    let listener = TcpListener::from_std(listener.try_clone()?)?;
    let (stop, stopped) = oneshot::channel::<()>();
    let server = serve(listener, api()).grace_period(Duration::from_secs(10));
    Ok((stop, tokio::spawn(async { server.with_graceful_shutdown(async { _ = stopped.await }).await })))
}

/// Resident memory in KB, and the number of open files.
fn measure() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    (pages * 4, std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count))
}

fn argument(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).and_then(|value| value.parse().ok())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(|| Log)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    let restarts = argument("--restarts");
    let seconds = if restarts.is_some() { u64::MAX } else { argument("--seconds").unwrap_or(60) };
    let every = argument("--restart-every").unwrap_or(30);
    let clients = argument("--clients").unwrap_or(4);
    let pause =
        Duration::from_millis(argument("--pause-ms").unwrap_or(if restarts.is_some() { 0 } else { 10 }));
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let mut server = start(&listener)?;
    let begun = Instant::now();
    let threads: Vec<_> = (0..usize::try_from(clients)?)
        .map(|seed| std::thread::spawn(move || client(address, seed * 7919 + 1, pause)))
        .collect();
    let (mut done, mut flat_from) = (0, None);
    let step = restarts.map_or(Duration::from_secs(every), |_| Duration::from_millis(100));
    while restarts.map_or(begun.elapsed().as_secs() < seconds, |restarts| done < restarts) {
        tokio::time::sleep(step).await;
        let next = start(&listener)?;
        let old = std::mem::replace(&mut server, next);
        let stopping = Instant::now();
        _ = old.0.send(());
        old.1.await??;
        done += 1;
        let (memory, files) = measure();
        // The allocator has what it needs after the first few rounds.
        if done == 4 {
            flat_from = Some(memory);
        }
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        println!(
            "{:>5} s  restart {done:>3} in {:>4} ms  {:>8} answered  {:>5} cut  {:>4} reopened  {} lost  {memory} KB  {files} files",
            begun.elapsed().as_secs(),
            stopping.elapsed().as_millis(),
            count(&COUNTS.answered),
            count(&COUNTS.cut),
            count(&COUNTS.reopened),
            count(&COUNTS.lost),
        );
    }
    STOP.store(true, Relaxed);
    tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| _ = thread.join())).await?;
    let lost = COUNTS.lost.load(Relaxed);
    let (logged, failed) = (LOGGED.load(Relaxed), FAILED.load(Relaxed));
    let grown = flat_from.map_or(0, |from| measure().0.saturating_sub(from));
    println!("{lost} lost, {logged} errors logged of {failed} expected, memory grew by {grown} KB");
    let (begun, arrived) = (BEGUN.load(Relaxed), ARRIVED.load(Relaxed));
    println!("{begun} requests were begun, {arrived} of their answers have arrived");
    if lost > 0 || begun != arrived || logged > failed || grown > 16 * 1024 {
        return Err("requests were lost, something else was logged, or memory grew".into());
    }
    Ok(())
}
