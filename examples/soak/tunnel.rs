//! A client that upgrades its connection, as a WebSocket does, and keeps it over restarts of the server.

use crate::counts::{ARRIVED, COUNTS, STOP};
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) async fn client(address: SocketAddr) {
    while !STOP.load(Relaxed) {
        match tunnel(address).await {
            Ok(true) => _ = COUNTS.tunnels.fetch_add(1, Relaxed),
            // The server was just closing the connection.
            Ok(false) => _ = COUNTS.reopened.fetch_add(1, Relaxed),
            Err(error) => {
                COUNTS.lost.fetch_add(1, Relaxed);
                eprintln!("lost: a tunnel: {error}");
            }
        }
    }
}

/// One tunnel. `false`: there was no response.
async fn tunnel(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address).await?;
    let request = "GET /api/tunnel HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    stream.write_all(request.as_bytes()).await?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    if !head.starts_with(b"HTTP/1.1 101") {
        return Err(std::io::Error::other(String::from_utf8_lossy(&head).into_owned()));
    }
    ARRIVED.fetch_add(1, Relaxed);
    // Longer than the server waits for requests in flight at a restart.
    for message in 0_u32..150 {
        let sent = message.to_be_bytes().repeat(50);
        stream.write_all(&sent).await?;
        let mut received = vec![0; sent.len()];
        stream.read_exact(&mut received).await?;
        if received != sent {
            return Err(std::io::Error::other("other bytes came back"));
        }
        COUNTS.tunnelled.fetch_add(sent.len() as u64, Relaxed);
        if STOP.load(Relaxed) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // One direction ends, and the other in turn.
    stream.shutdown().await?;
    if stream.read(&mut [0; 1]).await? != 0 {
        return Err(std::io::Error::other("the end does not come back"));
    }
    Ok(true)
}
