//! Random pipelines, which the handler must see exactly as it sees them under bare hyper. `scripts/tests.sh pipelines` runs many more.

use crate::memory::start;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio::time::sleep;
use tower::service_fn;
use tower_api_routes::Body;

/// `SplitMix64`: the same pipelines for the same seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_be_bytes()[0]
    }

    /// Less than this.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

fn random_bytes(random: &mut Random) -> Vec<u8> {
    let length = random.pick(&[0, 1, 2, 24, 100, 1000, 9000]);
    let length = random.below(length + 1);
    match random.below(4) {
        0 => (0..length).map(|_| random.byte()).collect(),
        1 => b"GET /inner?a=<b> HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1 + random.below(3)),
        2 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        _ => vec![b'x'; length],
    }
}

/// A request, most often a valid one.
fn request(random: &mut Random) -> Vec<u8> {
    let method =
        random.pick(&["GET", "GET", "POST", "POST", "PUT", "HEAD", "OPTIONS", "P", "PRI", "CONNECT"]);
    let target = match (method, random.below(30)) {
        ("CONNECT", _) => "x:1",
        (_, 0) => random.pick(&["*", "/a?b=<c>", "/\"", "/\u{e4}", ""]),
        _ => random.pick(&["/", "/a/b?c=d", "/a?b=%3C%22", "http://x/y", "/`{}|", "//x"]),
    };
    let version = match random.below(40) {
        0 => random.pick(&["HTTP/1.0", "HTTP/2.0", "http/1.1"]),
        _ => "HTTP/1.1",
    };
    let mut head = format!("{method} {target} {version}\r\nHost: x\r\n");
    for (header, often) in [
        ("Connection: close\r\n", 30),
        ("Connection: keep-alive\r\n", 8),
        ("Connection: upgrade\r\nUpgrade: x\r\n", 8),
        ("Expect: 100-continue\r\n", 12),
        ("X-Do: upgrade\r\n", 12),
        ("X-Do: ignore\r\n", 15),
        ("X: GET / HTTP/1.1\r\n", 8),
        ("TE: trailers\r\n", 8),
        ("Content-Length: 3\r\n", 60),
    ] {
        if random.one_in(often) {
            head += header;
        }
    }
    let body = random_bytes(random);
    let mut bytes = Vec::new();
    if matches!(method, "GET" | "HEAD" | "OPTIONS" | "CONNECT") && !random.one_in(8) {
        bytes.extend(format!("{head}\r\n").bytes());
    } else if random.one_in(2) {
        bytes.extend(format!("{head}Content-Length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
    } else {
        bytes.extend(format!("{head}Transfer-Encoding: chunked\r\nTrailer: t\r\n\r\n").bytes());
        let mut rest = &body[..];
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(1 + random.below(rest.len()));
            let extension = random.pick(&["", "", "", ";a=b"]);
            bytes.extend(format!("{:x}{extension}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
            rest = more;
        }
        bytes.extend(random.pick(&["0\r\n\r\n", "0\r\n\r\n", "0\r\nT: u\r\n\r\n"]).bytes());
    }
    bytes
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The segments as hyper gets them: those that could begin the preface of HTTP/2 come together.
fn with_version_told(segments: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut told: Vec<Vec<u8>> = Vec::new();
    for segment in segments {
        match told.first_mut() {
            Some(first) if PREFACE.starts_with(first) => first.extend(segment),
            _ => told.push(segment.clone()),
        }
    }
    told
}

/// What a client sends, and how it is cut into segments.
fn pipeline(random: &mut Random) -> Vec<Vec<u8>> {
    let mut bytes = Vec::new();
    for _ in 0..=random.below(5) {
        bytes.extend(request(random));
        if random.one_in(40) {
            bytes.extend(random.pick(&["\r\n", "\n", " ", "\0", "0\r\n\r\n"]).bytes());
        }
    }
    for _ in 0..random.pick(&[0, 0, 0, 0, 0, 0, 1, 2]) {
        let at = random.below(bytes.len());
        match random.below(4) {
            0 => bytes[at] = random.byte(),
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, random.pick(b"\r\n :\0<\"0")),
            _ => bytes.truncate(at + 1),
        }
    }
    // hyper tells the version of HTTP elsewhere: not by one builder.
    if bytes.starts_with(PREFACE) {
        bytes[0] = b'Q';
    }
    let mut segments = Vec::new();
    let longest = random.pick(&[1, 3, 50, 500, 5000, 50_000]).max(bytes.len() / 50);
    while !bytes.is_empty() {
        let rest = bytes.split_off((1 + random.below(longest)).min(bytes.len()));
        segments.push(std::mem::replace(&mut bytes, rest));
    }
    segments
}

/// What handlers have seen, in order.
type Seen = Arc<Mutex<Vec<String>>>;

fn says(headers: &HeaderMap, name: &str, token: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
}

/// The headers that a handler has to see. `serve` sets `Host` to the target's (RFC 9112, section 3.2.2), and takes the names
/// of headers off `Connection`.
fn shown(parts: &Parts) -> String {
    let mut headers = parts.headers.clone();
    headers.remove("connection");
    if let Some(authority) = parts.uri.authority() {
        headers.insert("host", HeaderValue::try_from(authority.as_str()).unwrap());
    }
    let mut headers: Vec<_> = headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    format!("{headers:?}")
}

/// What `serve` refuses, and bare hyper does not.
fn refusal<B: http_body::Body>(request: &Request<B>) -> Option<Response<Body>> {
    let (version, headers) = (request.version(), request.headers());
    let status = match version {
        Version::HTTP_11 if !headers.contains_key("host") => 400,
        Version::HTTP_11 if headers.contains_key("expect") && !says(headers, "expect", "100-continue") => 417,
        _ => return None,
    };
    let response = Response::builder().status(status);
    let response = if status == 400 { response.header("connection", "close") } else { response };
    Some(response.body(Body::empty()).unwrap())
}

/// Leaves a body unread as `serve` does. Bare hyper closes the connection, and does not say so.
fn leave<B>(parts: &Parts, body: B, response: &mut Response<Body>)
where
    B: http_body::Body<Data = Bytes, Error: Send> + Send + 'static,
{
    if body.is_end_stream()
        || parts.version != Version::HTTP_11
        || says(&parts.headers, "connection", "close")
    {
        return;
    }
    if says(&parts.headers, "expect", "100-continue") {
        response.headers_mut().insert("connection", HeaderValue::from_static("close"));
    } else {
        tokio::spawn(body.collect());
    }
}

async fn handle<B>(mut request: Request<B>, seen: Seen, is_ours: bool) -> Result<Response<Body>, Infallible>
where
    B: http_body::Body<Data = Bytes, Error: Send> + Send + Unpin + 'static,
{
    if let (false, Some(refusal)) = (is_ours, refusal(&request)) {
        return Ok(refusal);
    }
    let can_upgrade = request.extensions().get::<OnUpgrade>().is_some();
    let upgrade = hyper::upgrade::on(&mut request);
    let (parts, mut body) = request.into_parts();
    let mut entry = format!("{} {} {:?} {}", parts.method, parts.uri, parts.version, shown(&parts));
    let what = |headers: &HeaderMap| headers.get("x-do").map(|value| value.as_bytes().to_vec());
    match what(&parts.headers).as_deref() {
        Some(b"ignore") => {
            seen.lock().unwrap().push(entry);
            let mut response = Response::new(Body::from("ignored"));
            if !is_ours {
                leave(&parts, body, &mut response);
            }
            return Ok(response);
        }
        Some(b"upgrade") => {
            seen.lock().unwrap().push(entry);
            tokio::spawn(async move {
                let Ok(upgraded) = upgrade.await else { return };
                let (mut stream, mut read) = (TokioIo::new(upgraded), Vec::new());
                stream.write_all(b"welcome").await.ok();
                let ended = stream.read_to_end(&mut read).await.is_ok();
                seen.lock().unwrap().push(format!("upgraded: {} {ended}", read.escape_ascii()));
                stream.write_all(b"bye").await.ok();
                stream.shutdown().await.ok();
            });
            let mut response = Response::builder().status(101).body(Body::empty()).unwrap();
            if !is_ours && !can_upgrade {
                leave(&parts, body, &mut response);
            }
            return Ok(response);
        }
        _ => {}
    }
    let mut data = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => match frame.into_data() {
                Ok(chunk) => data.extend(chunk),
                Err(frame) => _ = write!(entry, " {:?}", frame.trailers_ref()),
            },
            Err(_) => entry += " broke off",
        }
    }
    _ = write!(entry, " {}", data.escape_ascii());
    seen.lock().unwrap().push(entry);
    Ok(Response::new(Body::from(format!("{} bytes", data.len()))))
}

/// Sends the segments one by one, and gives what came back, without the date.
async fn talk(stream: DuplexStream, segments: &[Vec<u8>]) -> String {
    let (mut read, mut write) = split(stream);
    let reader = tokio::spawn(async move {
        let mut all = Vec::new();
        _ = read.read_to_end(&mut all).await;
        all
    });
    for segment in segments {
        if write.write_all(segment).await.is_err() {
            break;
        }
        // Nothing else runs any more when it is over.
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_secs(2)).await;
    _ = write.shutdown().await;
    let text = reader.await.unwrap().escape_ascii().to_string();
    text.split("\\r\\n").filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n")
}

async fn compare(seed: u64, number: usize) {
    let mut requests = 0;
    for i in 0..number {
        let segments = pipeline(&mut Random(seed.wrapping_mul(1 << 32).wrapping_add(i as u64)));
        let mut both = Vec::new();
        for is_ours in [true, false] {
            let seen = Seen::default();
            let log = seen.clone();
            let served = if is_ours {
                let (server, task) =
                    start(service_fn(move |request| handle::<Body>(request, log.clone(), true)), |serve| {
                        serve
                    });
                let served = talk(server.connect(), &segments).await;
                drop(server);
                assert!(task.await.unwrap().is_err());
                served
            } else {
                let (client, server) = duplex(64 * 1024);
                let service = hyper::service::service_fn(move |request| {
                    handle::<Incoming>(request, log.clone(), false)
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .header_read_timeout(None)
                    .serve_connection(TokioIo::new(server), service)
                    .with_upgrades();
                tokio::spawn(connection);
                talk(client, &with_version_told(&segments)).await
            };
            let seen = seen.lock().unwrap().join("\n");
            both.push((seen, served));
        }
        requests += both[0].0.lines().count();
        let sent: Vec<_> = segments.iter().map(|segment| segment.escape_ascii().to_string()).collect();
        assert_eq!(both[0], both[1], "pipeline {i} of seed {seed}, ours first: {sent:#?}");
    }
    println!("{number} pipelines of seed {seed}: {requests} requests and tunnels, seen as under bare hyper");
    assert!(requests > number, "nearly all were refused");
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[tokio::test(start_paused = true)]
async fn handler_sees_what_bare_hyper_shows() {
    let number = variable("PIPELINES").unwrap_or(300);
    compare(variable("SEED").unwrap_or(1), usize::try_from(number).unwrap()).await;
}
