//! How long and how much is read on after an early response.

use crate::memory::{Connect, head, start};
use std::convert::Infallible;
use std::time::Duration;
use tokio::io::{AsyncWriteExt as _, DuplexStream};
use tokio::time::{Instant, sleep};
use tower::service_fn;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};

async fn upload(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.raw_body().len())
}

fn server() -> Connect {
    let (server, _) = start(ApiRouter::new().route("/api/upload", upload), |serve| serve);
    server
}

/// An upload that was refused for its length, and that goes on.
async fn refused(server: &Connect) -> DuplexStream {
    let mut client =
        server.send("POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n").await;
    assert!(head(&mut client).await.starts_with("HTTP/1.1 413"));
    client
}

#[tokio::test(start_paused = true)]
async fn early_response_reads_64_megabytes() {
    let server = server();
    let mut client = refused(&server).await;
    let (piece, mut sent) = (vec![b'x'; 64 * 1024], 0);
    while client.write_all(&piece).await.is_ok() {
        sent += piece.len();
        assert!(sent < 128 << 20, "it reads for ever");
    }
    // And what the connection and hyper had in their buffers.
    assert!(((64 << 20)..(65 << 20)).contains(&sent), "closed after {sent} bytes");
}

#[tokio::test(start_paused = true)]
async fn refused_upload_is_read_for_thirty_seconds() {
    // The pause between two pieces, and after how long the server closes.
    for (pause, milliseconds) in [(500, 30_000), (900, 30_000), (1_100, 1_000)] {
        let server = server();
        let mut client = refused(&server).await;
        let begin = Instant::now();
        while client.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(pause)).await;
        }
        let took = u64::try_from(begin.elapsed().as_millis()).unwrap();
        // Seen at the next piece that the client sends.
        assert!(
            (milliseconds..=milliseconds + 2 * pause).contains(&took),
            "a piece each {pause} ms: {took} ms"
        );
    }
}

/// Only a request that asks for an upgrade gets one. Whatever is said to another one, the rest of it is read.
#[tokio::test(start_paused = true)]
async fn unasked_101_is_read_as_a_response() {
    let switches = service_fn(|_: http::Request<_>| async {
        Ok::<_, Infallible>(http::Response::builder().status(101).body(Body::empty()).unwrap())
    });
    for (asks, milliseconds) in [("", 30_000), ("Connection: upgrade\r\nUpgrade: x\r\n", 0)] {
        let (server, _) = start(switches, |serve| serve);
        let request = format!("POST / HTTP/1.1\r\nHost: x\r\n{asks}Content-Length: 1000000000\r\n\r\n");
        let mut client = server.send(request).await;
        assert!(head(&mut client).await.starts_with("HTTP/1.1 101"), "{asks}");
        let begin = Instant::now();
        while client.write_all(b"x").await.is_ok() {
            sleep(Duration::from_millis(500)).await;
        }
        let took = u64::try_from(begin.elapsed().as_millis()).unwrap();
        assert!((milliseconds..=milliseconds + 1000).contains(&took), "{asks}: {took} ms");
    }
}
