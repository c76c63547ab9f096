//! Shapes of requests through `serve` and the proxy to an origin that records what it gets. `expected.txt` has the outcome
//! of each. `scripts/tests.sh shapes` sends the same to nginx, and prints the table of `docs/reliability.md`.

mod http1;
mod http2;

use crate::support::{Origin, Reply, head};
use http::HeaderValue;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{ApiRouter, serve};
use tower_http::set_header::SetRequestHeaderLayer;

const EXPECTED: &str = include_str!("expected.txt");

/// A server with a layer in front of the proxy, as in a program that knows its users.
async fn front(origin: &Origin) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let user =
        SetRequestHeaderLayer::overriding("x-user".parse().unwrap(), HeaderValue::from_static("alice"));
    let api =
        ApiRouter::new().fallback(origin.proxy().forwarded_headers(ForwardedHeaders::Replace)).layer(user);
    tokio::spawn(serve(listener, api).with_remote_addr().into_future());
    address
}

/// The statuses of the responses to these bytes.
async fn ask(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let (mut text, mut space) = (Vec::new(), [0; 4096]);
    // Until the server closes, or nothing more comes.
    loop {
        let limit = if text.is_empty() { Duration::from_secs(5) } else { Duration::from_millis(150) };
        match timeout(limit, stream.read(&mut space)).await {
            Ok(Ok(read @ 1..)) => text.extend_from_slice(&space[..read]),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let statuses: Vec<_> = text.split("HTTP/1.").skip(1).filter_map(|response| response.get(2..5)).collect();
    if statuses.is_empty() { "closed".into() } else { statuses.join(" ") }
}

/// What the origin has got, each request behind an arrow: without the headers that each request has, and with those of them
/// that it lacks.
fn seen(origin: &Origin, from: usize) -> String {
    let mut text = String::new();
    for request in &origin.requests()[from..] {
        let mut lines = head(&request.replace(&origin.address.to_string(), "origin"));
        for line in &mut lines[1..] {
            let (name, value) = line.split_once(':').unwrap();
            *line = format!("{}:{value}", name.to_ascii_lowercase());
        }
        lines[1..].sort();
        let host = lines.iter().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
        let own =
            ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: http", "x-user: alice"].map(str::to_owned);
        for line in own {
            match lines.iter().position(|known| *known == line) {
                Some(at) => _ = lines.remove(at),
                None => lines.push(format!("no {line}")),
            }
        }
        let same = [
            format!("x-forwarded-host: {host}"),
            "via: 1.1 edge".into(),
            "via: 1.0 edge".into(),
            "via: 2 edge".into(),
        ];
        lines.retain(|line| !same.contains(line));
        let body = request.split_once("\r\n\r\n").unwrap().1;
        _ = write!(text, " -> {}", lines.join("; ").replace(" HTTP/1.1", ""));
        if !body.is_empty() {
            _ = write!(text, "; body {body:?}");
        }
    }
    text
}

/// The outcome of each shape: its name, and what became of it.
async fn outcomes(origin: &Origin, http1: SocketAddr, http2: SocketAddr) -> Vec<(String, String)> {
    let mut outcomes = Vec::new();
    for (group, name, request) in http1::SHAPES {
        let before = origin.requests().len();
        let statuses = ask(http1, request.replace('~', "\r\n").as_bytes()).await;
        outcomes.push((format!("{group}: {name}"), statuses + &seen(origin, before)));
    }
    for (name, fields, body) in http2::SHAPES {
        let before = origin.requests().len();
        let status = http2::ask(http2, fields, body).await;
        outcomes.push((format!("HTTP/2: {name}"), status + &seen(origin, before)));
    }
    outcomes
}

#[tokio::test]
async fn every_shape_has_its_outcome() {
    let origin = Origin::start(|_, _| Reply::send("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let front = front(&origin).await;
    let outcomes = outcomes(&origin, front, front).await;
    let text: String =
        outcomes.iter().fold(String::new(), |text, (name, outcome)| text + name + "\t" + outcome + "\n");
    if std::env::var_os("SHAPES_WRITE").is_some() {
        std::fs::write("tests/moving/proxy/shapes/expected.txt", &text).unwrap();
        return;
    }
    for (line, expected) in text.lines().zip(EXPECTED.lines()) {
        assert_eq!(line, expected);
    }
    assert_eq!(text.lines().count(), EXPECTED.lines().count());
    assert_eq!(text.lines().count(), 153);
}

/// Sends the shapes to another proxy, and prints the table. `SHAPES_ORIGIN` is the port of the origin behind it,
/// `SHAPES_FRONT` and `SHAPES_FRONT_2` are its addresses.
#[tokio::test]
#[ignore = "the other proxy, by scripts/tests.sh shapes"]
async fn another_proxy() {
    let Ok(port) = std::env::var("SHAPES_ORIGIN") else { return };
    let address = |name| std::env::var(name).unwrap().parse().unwrap();
    let origin =
        Origin::on(port.parse().unwrap(), |_, _| Reply::send("HTTP/1.1 204 No Content\r\n\r\n")).await;
    let other = outcomes(&origin, address("SHAPES_FRONT"), address("SHAPES_FRONT_2")).await;
    println!("\n| shape | `serve` and the proxy | nginx |\n| --- | --- | --- |");
    let cell = |text: &str| text.replace('|', "\\|").replacen(" -> ", " → `", 1).replace(" -> ", "`, `");
    let close = |text: String| if text.contains('`') { text + "`" } else { text };
    for (line, (name, other)) in EXPECTED.lines().zip(&other) {
        let (expected, ours) = line.split_once('\t').unwrap();
        assert_eq!(expected, name);
        let other = if ours == other { "the same".to_owned() } else { close(cell(other)) };
        println!("| {name} | {} | {other} |", close(cell(ours)));
    }
}
