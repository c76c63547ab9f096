//! The bytes that `serve` and a `Proxy` send to an origin, whatever bytes a client sends: each connection has whole messages, each with
//! one reading.

use super::Data;
use std::sync::{LazyLock, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{ApiRouter, Proxy, serve};

/// What an origin got in one connection.
static SENT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// The runtime with the origin and the server in it, and the server's address.
static WORLD: LazyLock<(Runtime, std::net::SocketAddr)> = LazyLock::new(|| {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let address = runtime.block_on(async {
        let origin = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let port = origin.local_addr().expect("an address").port();
        tokio::spawn(async move {
            loop {
                let (stream, _) = origin.accept().await.expect("a connection");
                tokio::spawn(record(stream));
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let proxy = Proxy::new(&format!("http://127.0.0.1:{port}")).expect("an origin");
        let api = ApiRouter::new().fallback(proxy.forwarded_headers(ForwardedHeaders::Replace));
        tokio::spawn(serve(listener, api).into_future());
        address
    });
    (runtime, address)
});

/// Responds to one message, and closes the connection behind it.
async fn record(mut stream: TcpStream) {
    let mut sent = Vec::new();
    while message(&sent).is_ok_and(|end| end.is_none()) {
        match stream.read_buf(&mut sent).await {
            Ok(0) | Err(_) => return, // the client has gone, and the proxy with it
            Ok(_) => {}
        }
    }
    SENT.lock().expect("no panic").push(sent);
    _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
}

/// Returns where the message ends, if it has ended, or what is wrong with it: a strict reading of RFC 9112.
fn message(sent: &[u8]) -> Result<Option<usize>, String> {
    let Some(end) = sent.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let mut lines =
        sent[..end].split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let start = lines.next().unwrap_or_default();
    let parts: Vec<_> = start.split(|byte| *byte == b' ').collect();
    let [method, target, b"HTTP/1.1"] = parts[..] else {
        return Err(format!("the line {}", start.escape_ascii()));
    };
    if !method.iter().all(|byte| is_token(*byte)) || !target.iter().all(u8::is_ascii_graphic) {
        return Err(format!("the line {}", start.escape_ascii()));
    }
    let (mut hosts, mut lengths, mut codings) = (0, Vec::new(), Vec::new());
    for line in lines {
        let wrong = || format!("the header {}", line.escape_ascii());
        let colon = line.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
        let (name, value) = (line[..colon].to_ascii_lowercase(), line[colon + 1..].trim_ascii());
        let is_value = value.iter().all(|byte| *byte == b'\t' || (*byte >= b' ' && *byte != 0x7f));
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) || !is_value {
            return Err(wrong());
        }
        match &name[..] {
            b"host" => hosts += 1,
            b"content-length" => lengths.push(String::from_utf8_lossy(value).into_owned()),
            b"transfer-encoding" => codings.push(value.to_ascii_lowercase()),
            b"keep-alive" | b"proxy-connection" => return Err(wrong()),
            _ => {}
        }
    }
    let body = &sent[end + 4..];
    match (hosts, &lengths[..], &codings[..]) {
        (1, [], []) => Ok(Some(end + 4)),
        (1, [length], []) => {
            let length: usize = length.parse().map_err(|_| format!("the length {length}"))?;
            Ok((body.len() >= length).then_some(end + 4 + length))
        }
        (1, [], [coding]) if coding.ends_with(b"chunked") => {
            Ok(body.windows(5).position(|window| window == b"0\r\n\r\n").map(|at| end + 4 + at + 5))
        }
        _ => Err(format!("{hosts} hosts, lengths {lengths:?}, {} codings", codings.len())),
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

const STARTS: [&str; 6] = [
    "GET / HTTP/1.1",
    "POST /x?a=b HTTP/1.1",
    "PUT /x HTTP/1.1",
    "GET http://evil/x HTTP/1.1",
    "OPTIONS * HTTP/1.1",
    "POST /x HTTP/1.0",
];
const HEADERS: [&str; 18] = [
    "Host: b",
    "Content-Length: 2",
    "Content-Length: 17",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Connection: close",
    "Connection: x-a, content-length",
    "Connection: transfer-encoding, host",
    "Connection: upgrade\r\nUpgrade: h2c",
    "Expect: 100-continue",
    "Keep-Alive: timeout=5",
    "X-A: 1",
    "X-A:",
    "X-A:\t\u{ff} ,",
    "X-A: 1\n\nGET /evil HTTP/1.1",
    "TE: trailers",
    "Trailer: x-t",
    "Via: 1.0 a, 1.1 b",
];
const BODIES: [&str; 6] = [
    "",
    "ok",
    "2\r\nok\r\n0\r\n\r\n",
    "2;a=b\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
    "0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n",
    "ok\r\n",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let mut request = format!("{}\r\n", data.pick(&STARTS));
    // A header that is one in most cases: what is refused shows little.
    if data.below(8) > 0 {
        request += "Host: a\r\n";
    }
    for _ in 0..data.below(5) {
        let line = if data.below(8) > 0 { data.pick(&HEADERS).to_owned() } else { data.text(&HEADERS, 3) };
        request.extend([&line, "\r\n"]);
    }
    request.extend(["\r\n", data.pick(&BODIES)]);
    let (runtime, address) = &*WORLD;
    runtime.block_on(async {
        let mut client = TcpStream::connect(address).await.expect("a connection");
        // A refusal may close the connection while the rest goes out.
        _ = client.write_all(request.as_bytes()).await;
        _ = client.shutdown().await;
        _ = client.read_to_end(&mut Vec::new()).await;
    });
    for sent in std::mem::take(&mut *SENT.lock().expect("no panic")) {
        match message(&sent) {
            Ok(Some(end)) if end == sent.len() => {}
            Ok(_) => panic!("more than a message: {} of {request:?}", sent.escape_ascii()),
            Err(wrong) => panic!("{wrong} in {} of {request:?}", sent.escape_ascii()),
        }
    }
}
