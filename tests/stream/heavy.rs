//! Streams that are large or many: memory is read from `/proc`, so these run on Linux, one to a process, by
//! `scripts/tests.sh heavy`.

use crate::common::net::{Client, http2, serve_in_background as serve};
use http::Request;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Mutex;
use tower::ServiceExt as _;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Result};

const MIB: usize = 1024 * 1024;
const GIB: usize = 1024 * MIB;
const CHUNK: usize = 64 * 1024;
const STREAMS: usize = 10_000;

/// What another test does to the memory is not this one's.
static ALONE: Mutex<()> = Mutex::const_new(());

/// The memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

/// How far the memory rose above what it was.
struct Memory {
    idle: usize,
    most: usize,
    started: Instant,
}

impl Memory {
    fn idle() -> Self {
        let idle = resident();
        Self { idle, most: idle, started: Instant::now() }
    }

    fn look(&mut self) {
        self.most = self.most.max(resident());
    }

    fn risen(&self) -> usize {
        self.most - self.idle
    }

    fn within_16_mib(&self, what: &str) {
        println!(
            "{what}: {} KiB idle, {} KiB more at most, in {:.1} s",
            self.idle / 1024,
            self.risen() / 1024,
            self.started.elapsed().as_secs_f64()
        );
        assert!(self.risen() < 16 * MIB, "{what}: {} MiB more", self.risen() / MIB);
    }
}

async fn download(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body| async move {
        for i in 0..GIB / CHUNK {
            body.write(vec![i.to_le_bytes()[0]; CHUNK]).await?;
        }
        Ok(())
    })
}

async fn upload(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut body = req.into_body();
    let (mut length, mut rest) = (0, 0);
    while let Some(piece) = body.chunk().await? {
        length += piece.len();
        rest += piece.len();
        if rest > 4 * MIB {
            rest = 0;
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    res.json(&length)
}

async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body| async move {
        for _ in 0..3 {
            body.write("tick").await?;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        Ok(())
    })
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/api/download", download).route("/api/upload", upload).route("/api/ticks", ticks)
}

/// Reads slower than the writer writes: it rests for a while after each 4 MiB.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "1 GiB"]
async fn gib_download_to_slow_reader_over_http1() {
    let _alone = ALONE.lock().await;
    let address = serve(api()).await;
    let mut space = vec![0; 256 * 1024];
    let (mut memory, mut length, mut rest) = (Memory::idle(), 0, 0);
    let mut raw = Client::get(address, "/api/download").await;
    raw.until("\r\n\r\n").await;
    // With the frames of chunks it is a little more.
    while length < GIB {
        let read = raw.stream.read(&mut space).await.unwrap();
        assert_ne!(read, 0, "the end came early");
        length += read;
        rest += read;
        if rest > 4 * MIB {
            rest = 0;
            memory.look();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    memory.look();
    memory.within_16_mib("a download over HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "1 GiB"]
async fn gib_download_to_slow_reader_over_http2() {
    let _alone = ALONE.lock().await;
    let address = serve(api()).await;
    let (mut memory, mut length, mut rest) = (Memory::idle(), 0, 0);
    let (mut client, _task) = http2(address).await;
    let request = Request::get("http://x/api/download").body(Body::empty()).unwrap();
    let mut body = client.send_request(request).await.unwrap().into_body();
    while let Some(frame) = body.frame().await {
        let read = frame.unwrap().into_data().unwrap().len();
        length += read;
        rest += read;
        if rest > 4 * MIB {
            rest = 0;
            memory.look();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert_eq!(length, GIB);
    memory.within_16_mib("a download over HTTP/2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "1 GiB"]
async fn gib_upload_to_slow_handler_over_http1() {
    let _alone = ALONE.lock().await;
    let address = serve(api()).await;
    let space = vec![b'x'; 256 * 1024];
    let mut memory = Memory::idle();
    let mut raw = Client::connect(address).await;
    raw.send(&format!("POST /api/upload HTTP/1.1\r\nhost: x\r\ncontent-length: {GIB}\r\n\r\n")).await;
    for _ in 0..GIB / space.len() {
        raw.stream.write_all(&space).await.unwrap();
        memory.look();
    }
    assert_eq!(raw.response().await.text(), GIB.to_string());
    memory.within_16_mib("an upload over HTTP/1.1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "1 GiB"]
async fn gib_upload_to_slow_handler_over_http2() {
    let _alone = ALONE.lock().await;
    let address = serve(api()).await;
    let memory = Memory::idle();
    let (mut client, _task) = http2(address).await;
    let most = std::sync::Arc::new(AtomicUsize::new(0));
    let looks = std::sync::Arc::clone(&most);
    let pieces = futures_util::stream::iter((0..GIB / CHUNK).map(move |i| {
        if i % 64 == 0 {
            looks.fetch_max(resident(), Ordering::Relaxed);
        }
        Ok::<_, BoxError>(vec![i.to_le_bytes()[0]; CHUNK])
    }));
    let request = Request::post("http://x/api/upload").body(Body::from_stream(pieces)).unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), GIB.to_string());
    Memory { most: most.load(Ordering::Relaxed).max(memory.idle), ..memory }
        .within_16_mib("an upload over HTTP/2");
}

fn per_stream(memory: &mut Memory, what: &str, most: usize) {
    memory.look();
    let each = memory.risen() / STREAMS;
    println!(
        "{what}: {STREAMS} streams at once, {each} bytes each, in {:.1} s",
        memory.started.elapsed().as_secs_f64()
    );
    assert!(each < most, "{what}: {each} bytes a stream");
}

/// Reads streams to their ends.
async fn three_ticks(streams: Vec<(usize, Body)>) {
    let mut tasks = tokio::task::JoinSet::new();
    for (mut seen, mut body) in streams {
        tasks.spawn(async move {
            while let Some(tick) = body.chunk().await.unwrap() {
                seen += tick.len();
            }
            assert_eq!(seen, 3 * "tick".len());
        });
    }
    tasks.join_all().await;
}

/// Without a server: what this crate itself holds for a stream, the request's own parts included.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "10,000 streams"]
async fn ten_thousand_slow_streams_without_a_server() {
    let _alone = ALONE.lock().await;
    let api = api();
    let mut memory = Memory::idle();
    let mut bodies = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let request = Request::get("/api/ticks").body(Body::empty()).unwrap();
        let mut body = api.clone().oneshot(request).await.unwrap().into_body();
        let first = body.chunk().await.unwrap().unwrap();
        bodies.push((first.len(), body));
    }
    per_stream(&mut memory, "bodies alone", 4 * 1024);
    three_ticks(bodies).await;
}

/// 100 connections of 100 streams each, over pipes in memory; client and server in one process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "10,000 streams"]
async fn ten_thousand_slow_streams_over_http2() {
    let _alone = ALONE.lock().await;
    let api = api();
    let mut memory = Memory::idle();
    let mut streams = Vec::with_capacity(STREAMS);
    let mut clients = Vec::new();
    for _ in 0..STREAMS / 100 {
        let (near, far) = tokio::io::duplex(CHUNK);
        let service = TowerToHyperService::new(api.clone());
        tokio::spawn(async move {
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            _ = builder.serve_connection(TokioIo::new(far), service).await;
        });
        let (mut client, connection) =
            hyper::client::conn::http2::handshake::<_, _, Body>(TokioExecutor::new(), TokioIo::new(near))
                .await
                .unwrap();
        tokio::spawn(connection);
        for _ in 0..100 {
            let request = Request::get("http://x/api/ticks").body(Body::empty()).unwrap();
            let body = Body::new(client.send_request(request).await.unwrap().into_body());
            streams.push((0, body));
        }
        clients.push(client);
    }
    per_stream(&mut memory, "HTTP/2, both ends", 32 * 1024);
    three_ticks(streams).await;
}

/// 10,000 connections, over pipes in memory; the client's end is the pipe only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "10,000 streams"]
async fn ten_thousand_slow_streams_over_http1() {
    let _alone = ALONE.lock().await;
    let api = api();
    let mut memory = Memory::idle();
    let mut pipes = Vec::with_capacity(STREAMS);
    for _ in 0..STREAMS {
        let (mut near, far) = tokio::io::duplex(1024);
        let service = TowerToHyperService::new(api.clone());
        tokio::spawn(async move {
            let builder = hyper::server::conn::http1::Builder::new();
            _ = builder.serve_connection(TokioIo::new(far), service).await;
        });
        near.write_all(b"GET /api/ticks HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        pipes.push(near);
    }
    for pipe in &mut pipes {
        let mut head = [0; 9];
        pipe.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 ");
    }
    per_stream(&mut memory, "HTTP/1.1, a connection each", 64 * 1024);
    let mut tasks = tokio::task::JoinSet::new();
    for mut pipe in pipes {
        tasks.spawn(async move {
            let mut text = String::new();
            pipe.read_to_string(&mut text).await.unwrap();
            assert_eq!(text.matches("tick").count(), 3);
            assert!(text.ends_with("0\r\n\r\n"));
        });
    }
    tasks.join_all().await;
}
