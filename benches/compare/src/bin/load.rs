//! A client that keeps connections busy: `load PORT ROUTE CONNECTIONS REQUESTS|SECONDSs`, at 127.0.0.1.
//!
//! Prints `REQUESTS_PER_SECOND P99_MICROSECONDS`; with one request (`load PORT ROUTE 1 1`), the body of the answer.

use compare::model::Route;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
    let (port, connections): (u16, usize) = (port.parse()?, connections.parse()?);
    let request = Route::parse(route).on_the_wire();
    let until = match until.strip_suffix('s') {
        Some(seconds) => {
            let end = Instant::now() + Duration::from_secs_f64(seconds.parse()?);
            Until { requests: usize::MAX, end: Some(end) }
        }
        None => Until { requests: until.parse()?, end: None },
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
        let start = Instant::now();
        let tasks: Vec<_> =
            (0..connections).map(|_| tokio::spawn(connection(port, request.clone(), until))).collect();
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

/// One request after the other; gives the time of each, and the last body.
async fn connection(port: u16, request: Vec<u8>, until: Until) -> Result<(Vec<Duration>, Vec<u8>), BoxError> {
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

/// Where the body of a whole answer stands; none if more is to come. An answer that is not 200 is an error.
fn whole(buffer: &[u8]) -> Result<Option<std::ops::Range<usize>>, BoxError> {
    let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
    if !text.starts_with("http/1.1 200") {
        return Err(format!("the answer is {text:?}").into());
    }
    let start = head + 4;
    match text.lines().find_map(|line| line.strip_prefix("content-length:")) {
        Some(length) => {
            let end = start + length.trim().parse::<usize>()?;
            Ok((buffer.len() >= end).then_some(start..end))
        }
        // Next.js streams some answers: one chunk and the last one.
        None => Ok(buffer.ends_with(b"0\r\n\r\n").then_some(start..buffer.len())),
    }
}
