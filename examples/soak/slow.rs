//! Clients that read slowly, or not at all.

use crate::counts::{COUNTS, STOP};
use crate::server::{LARGE, SEND_TIMEOUT};
use bytes::Bytes;
use http::Request;
use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What a client reads before each pause.
const PIECE: usize = 64 * 1024;
const PAUSE: Duration = Duration::from_millis(10);
/// How long a client that does not read waits before it looks.
const SILENCE: Duration = SEND_TIMEOUT.saturating_mul(3);

/// How a client reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reads {
    Slowly,
    /// It must lose its stream or connection.
    Nothing,
}

pub(crate) async fn client(address: SocketAddr, version: u8, reads: Reads) {
    while !STOP.load(Relaxed) {
        let read = if version == 1 { http1(address, reads).await } else { http2(address, reads).await };
        match (read, reads) {
            (Ok(LARGE), Reads::Slowly) => _ = COUNTS.read_slowly.fetch_add(1, Relaxed),
            (Ok(read), Reads::Nothing) if read < LARGE => _ = COUNTS.cut_off.fetch_add(1, Relaxed),
            (read, _) => {
                COUNTS.lost.fetch_add(1, Relaxed);
                eprintln!("lost: HTTP/{version}, {reads:?}: {read:?} of {LARGE} bytes");
            }
        }
    }
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(u32::try_from(PIECE).unwrap_or(u32::MAX))?;
    let stream = socket.connect(address).await?;
    // Windows are updated by small packets.
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Returns the length of the body, as far as it comes.
async fn http1(address: SocketAddr, reads: Reads) -> Result<usize> {
    let mut stream = connect(address).await?;
    stream.write_all(b"GET /api/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await?;
    let (mut head, mut read) = (Vec::new(), 0);
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(String::from_utf8_lossy(&head).into());
    }
    if reads == Reads::Nothing {
        sleep(SILENCE).await;
    }
    let mut space = vec![0; PIECE];
    loop {
        match stream.read(&mut space).await {
            Ok(0) => return Ok(read),
            Ok(length) => read += length,
            Err(_) if reads == Reads::Nothing => return Ok(read),
            Err(error) => return Err(error.into()),
        }
        if reads == Reads::Slowly {
            sleep(PAUSE).await;
        }
    }
}

async fn http2(address: SocketAddr, reads: Reads) -> Result<usize> {
    let window = u32::try_from(PIECE)?;
    let (client, connection) = h2::client::Builder::new()
        .initial_window_size(window)
        .handshake::<_, Bytes>(connect(address).await?)
        .await?;
    let connection = tokio::spawn(connection);
    let request = Request::get(format!("http://{address}/api/large")).body(())?;
    let (response, _) = client.ready().await?.send_request(request, true)?;
    let mut body = response.await?.into_body();
    if reads == Reads::Nothing {
        sleep(SILENCE).await;
    }
    let mut read = 0;
    let read = loop {
        match body.data().await {
            Some(Ok(data)) => {
                read += data.len();
                body.flow_control().release_capacity(data.len())?;
                // Not after each frame: h2 gives a window back as soon as it is used up, even if that is a single byte, and
                // then gets frames of that size.
                if reads == Reads::Slowly && read / PIECE != (read - data.len()) / PIECE {
                    sleep(PAUSE).await;
                }
            }
            None => break Ok(read),
            Some(Err(error)) if error.reason() == Some(h2::Reason::CANCEL) && reads == Reads::Nothing => {
                break Ok(read);
            }
            Some(Err(error)) => break Err(error.into()),
        }
    };
    connection.abort();
    read
}
