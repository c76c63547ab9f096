//! A gibibyte each way and ten thousand slow clients: minutes, and Linux only. `scripts/tests.sh heavy` runs them.

use crate::support::{front, proxy, raw_origin};
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::sleep;
use tower::service_fn;
use tower_api_routes::{ApiRouter, Body, BoxError};

const MIB: usize = 1024 * 1024;
const GIB: usize = 1024 * MIB;
const CHUNK: usize = 64 * 1024;

/// The memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
}

fn gibibyte() -> Body {
    let chunk = Bytes::from(vec![b'x'; CHUNK]);
    Body::from_stream(futures_util::stream::iter(
        (0..GIB / CHUNK).map(move |_| Ok::<_, BoxError>(chunk.clone())),
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a gibibyte each way, by scripts/tests.sh heavy"]
async fn a_gibibyte_each_way_takes_no_memory() {
    let origin = front(service_fn(|request: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(request.into_body()))
    }))
    .await;
    let front = front(ApiRouter::new().fallback(proxy(origin.address))).await;
    for http2 in [false, true] {
        let (idle, started) = (resident(), Instant::now());
        let response = front.request(http2, Request::post("/").body(gibibyte()).unwrap()).await;
        let (mut body, mut received, mut most) = (response.into_body(), 0, idle);
        while let Some(frame) = body.frame().await {
            received += frame.unwrap().into_data().map_or(0, |data| data.len());
            most = most.max(resident());
        }
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "HTTP/2: {http2}: 1 GiB there and back in {seconds:.1} s, {} KiB at most",
            (most - idle) / 1024
        );
        assert_eq!(received, GIB);
        assert!(most - idle < 16 * MIB, "{} KiB", (most - idle) / 1024);
    }
}

const CLIENTS: usize = 10_000;
const STREAMS: usize = 100;

/// The origin of the slow clients, in a process of its own: one process may not open so many sockets.
#[tokio::test]
#[ignore = "the child of `ten_thousand_slow_clients_take_little_memory`"]
async fn slow_origin() {
    if std::env::var_os("SLOW_ORIGIN").is_none() {
        return;
    }
    let origin = raw_origin(|mut stream| async move {
        let mut space = [0; 1024];
        _ = stream.read(&mut space).await;
        _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na").await;
        // Longer than it takes to send all requests.
        sleep(Duration::from_secs(20)).await;
        _ = stream.write_all(b"b").await;
        _ = stream.read(&mut space).await;
    })
    .await;
    println!("\nport {}", origin.port());
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "ten thousand connections, by scripts/tests.sh heavy"]
async fn ten_thousand_slow_clients_take_little_memory() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "proxy::heavy::slow_origin", "--nocapture"]).env("SLOW_ORIGIN", "1");
    let mut child = child.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| line.unwrap().strip_prefix("port ")?.parse::<u16>().ok()).unwrap();

    let front = front(ApiRouter::new().fallback(proxy(([127, 0, 0, 1], port).into()))).await;
    let (idle, started) = (resident(), Instant::now());
    let mut bodies = Vec::new();
    for _ in 0..CLIENTS / STREAMS {
        let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
        let requests = (0..STREAMS).map(|_| {
            let uri = format!("http://{}/", front.address);
            client.request(Request::get(uri).body(Body::empty()).unwrap())
        });
        for response in futures_util::future::join_all(requests).await {
            bodies.push(response.unwrap().into_body());
        }
    }
    let (each, seconds) = ((resident() - idle) / CLIENTS, started.elapsed().as_secs_f64());
    println!(
        "{CLIENTS} slow clients over HTTP/2, {each} bytes each with the client's side, in {seconds:.1} s"
    );
    for body in bodies {
        assert_eq!(body.collect().await.unwrap().to_bytes(), "ab");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(each < 64 * 1024, "{each} bytes each");
}
