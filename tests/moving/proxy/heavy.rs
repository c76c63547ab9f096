//! A gibibyte each way and ten thousand slow clients: minutes, and Linux only. `scripts/heavy-tests.sh` runs them.

use crate::support::{front, proxy};
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt as _;
use std::time::Instant;
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
#[ignore = "a gibibyte each way, by scripts/heavy-tests.sh"]
async fn a_gibibyte_each_way_takes_no_memory() {
    let origin = front(service_fn(|request: Request<hyper::body::Incoming>| async {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "ten thousand connections, by scripts/heavy-tests.sh"]
async fn ten_thousand_slow_clients_take_little_memory() {
    use tokio::io::AsyncReadExt as _;
    const CLIENTS: usize = 2_000;
    // Each of them takes five descriptors of this process.
    let origin = crate::support::raw_origin(|mut stream| async move {
        use tokio::io::AsyncWriteExt as _;
        let mut space = [0; 1024];
        _ = stream.read(&mut space).await;
        _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na").await;
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        _ = stream.write_all(b"b").await;
        _ = stream.read(&mut space).await;
    })
    .await;
    let front = front(ApiRouter::new().fallback(proxy(origin))).await;
    let idle = resident();
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(front.open("GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await);
    }
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let risen = resident() - idle;
    println!("{CLIENTS} slow clients: {} KiB each", risen / 1024 / CLIENTS);
    for mut client in clients {
        let mut text = String::new();
        client.read_to_string(&mut text).await.unwrap();
        assert!(text.ends_with("\r\n\r\nab"), "{text}");
    }
    assert!(risen / CLIENTS < 64 * 1024, "{} KiB each", risen / 1024 / CLIENTS);
}
