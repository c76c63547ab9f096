//! A client that keeps connections busy: `load PORT ROUTE CONNECTIONS REQUESTS|SECONDSs`, at 127.0.0.1. With `h2:STREAMS` in
//! place of the connections it sends the requests over one HTTP/2 connection, so many at a time.
//!
//! Prints `REQUESTS_PER_SECOND P99_MICROSECONDS`; with one request (`load PORT ROUTE 1 1`), the body of the response.

use bytes::Bytes;
use compare::model::Route;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Clone, Copy)]
struct Until {
    requests: usize,
    end: Option<Instant>,
}

fn main() -> Result<(), BoxError> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, route, connections, until] = &args[..] else {
        return Err("usage: load PORT ROUTE CONNECTIONS REQUESTS|SECONDSs".into());
    };
    let port = port.parse()?;
    let route = Route::parse(route);
    let until = match until.strip_suffix('s') {
        Some(seconds) => {
            let end = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
            Until { requests: usize::MAX, end: Some(end) }
        }
        None => Until { requests: until.parse()?, end: None },
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
        let start = Instant::now();
        let tasks: Vec<_> = if let Some(streams) = connections.strip_prefix("h2:") {
            http2(port, route, streams.parse()?, until.requests).await?
        } else {
            let request = route.on_the_wire();
            let one = |_| tokio::spawn(connection(port, request.clone(), until));
            (0..connections.parse()?).map(one).collect()
        };
        let (mut times, mut last) = (Vec::new(), Vec::new());
        for task in tasks {
            let (more, body) = task.await??;
            times.extend(more);
            last = body;
        }
        let seconds = start.elapsed().as_secs_f64();
        if until.requests == 1 {
            println!("{}", String::from_utf8_lossy(&last));
            return Ok(());
        }
        times.sort_unstable();
        let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
        #[allow(clippy::cast_precision_loss)]
        let rate = times.len() as f64 / seconds;
        println!("{rate:.0} {}", p99.as_micros());
        Ok(())
    })
}

/// The time of each request, and the last body.
type Done = Result<(Vec<Duration>, Vec<u8>), BoxError>;

/// So many requests over one connection, of which each task waits for one at a time.
async fn http2(
    port: u16,
    route: Route,
    streams: usize,
    requests: usize,
) -> Result<Vec<JoinHandle<Done>>, BoxError> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await?;
    tokio::spawn(connection);
    let left = Arc::new(AtomicUsize::new(requests));
    let task = |_| {
        let (mut sender, left) = (sender.clone(), left.clone());
        tokio::spawn(async move {
            let (mut times, mut body) = (Vec::new(), Bytes::new());
            while left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok() {
                let start = Instant::now();
                let mut request = route.request(Full::new);
                request.headers_mut().remove("host");
                let target = format!("http://127.0.0.1:{port}{}", route.target());
                *request.uri_mut() = target.parse()?;
                sender.ready().await?;
                let response = sender.send_request(request).await?;
                if response.status() != 200 {
                    return Err(format!("the status is {}", response.status()).into());
                }
                body = response.into_body().collect().await?.to_bytes();
                times.push(start.elapsed());
            }
            Ok((times, body.to_vec()))
        })
    };
    Ok((0..streams).map(task).collect())
}

/// One request after the other.
async fn connection(port: u16, request: Vec<u8>, until: Until) -> Done {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut times, mut buffer, mut body) = (Vec::new(), Vec::with_capacity(16 * 1024), 0..0);
    while times.len() < until.requests && until.end.is_none_or(|end| Instant::now() < end) {
        let start = Instant::now();
        stream.write_all(&request).await?;
        buffer.clear();
        body = loop {
            if stream.read_buf(&mut buffer).await? == 0 {
                return Err("the server has closed the connection".into());
            }
            if let Some(body) = whole(&buffer)? {
                break body;
            }
        };
        times.push(start.elapsed());
    }
    Ok((times, buffer.get(body).unwrap_or_default().to_vec()))
}

/// Where the body of a whole response stands; none if more is to come. A response that is not 200 is an error.
fn whole(buffer: &[u8]) -> Result<Option<std::ops::Range<usize>>, BoxError> {
    let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
    if !text.starts_with("http/1.1 200") {
        return Err(format!("the response is {text:?}").into());
    }
    let start = head + 4;
    match text.lines().find_map(|line| line.strip_prefix("content-length:")) {
        Some(length) => {
            let end = start + length.trim().parse::<usize>()?;
            Ok((buffer.len() >= end).then_some(start..end))
        }
        // Next.js streams some responses: one chunk and the last one.
        None => Ok(buffer.ends_with(b"0\r\n\r\n").then_some(start..buffer.len())),
    }
}
