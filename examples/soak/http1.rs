//! A client of HTTP/1, byte for byte.

use crate::counts::{ARRIVED, COUNTS, FAILED, STOP};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

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

/// Status and body of the next response; none if the connection ends before its first byte.
fn read_response(stream: &mut TcpStream) -> std::io::Result<Option<(u16, Vec<u8>, bool)>> {
    let broken = || std::io::Error::other("a broken response");
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
pub(crate) fn client(address: SocketAddr, seed: usize, pause: Duration) {
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
        if choice % 50 == 24 {
            half_close(connect);
            continue;
        }
        let reused = kept.is_some();
        let mut stream = match kept.take().map_or_else(connect, Ok) {
            Ok(stream) => stream,
            Err(error) => {
                COUNTS.lost.fetch_add(1, Relaxed);
                eprintln!("lost: not connected: {error}");
                continue;
            }
        };
        let local = stream.local_addr();
        let lost = |why: String| {
            COUNTS.lost.fetch_add(1, Relaxed);
            let request = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
            eprintln!("lost by {local:?}: {why}: {}", request.escape_debug());
        };
        if *status == 500 {
            FAILED.fetch_add(1, Relaxed);
        }
        let sent = stream.write_all(bytes);
        match read_response(&mut stream) {
            Ok(Some((code, text, closes))) => {
                if code == *status && body.is_none_or(|body| body.as_bytes() == text) {
                    COUNTS.completed.fetch_add(1, Relaxed);
                    ARRIVED.fetch_add(u64::from(matches!(code, 200 | 201 | 500)), Relaxed);
                } else {
                    lost(format!("status {code}"));
                }
                if !closes && sent.is_ok() {
                    kept = Some(stream);
                }
            }
            // The server had closed a connection that was idle: nothing of this request was handled.
            Ok(None) if reused => {
                COUNTS.reopened.fetch_add(1, Relaxed);
                FAILED.fetch_sub(u64::from(*status == 500), Relaxed);
            }
            Ok(None) => lost(format!("closed without a response, sent: {sent:?}")),
            Err(error) => lost(error.to_string()),
        }
        std::thread::sleep(pause);
    }
}

/// Asks, and says at once that nothing more will come, as `nc -N` does. A response within a tenth of a second is promised.
fn half_close(connect: impl FnOnce() -> std::io::Result<TcpStream>) {
    let asked = connect().and_then(|mut stream| {
        stream.write_all(b"GET /api/hello HTTP/1.1\r\nHost: x\r\n\r\n")?;
        stream.shutdown(Shutdown::Write)?;
        read_response(&mut stream)
    });
    COUNTS.half_closed.fetch_add(1, Relaxed);
    match asked {
        Ok(Some((200, ..))) => {
            COUNTS.completed.fetch_add(1, Relaxed);
            ARRIVED.fetch_add(1, Relaxed);
        }
        _ => _ = COUNTS.half_closed_in_vain.fetch_add(1, Relaxed),
    }
}
