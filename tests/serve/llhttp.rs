//! Raw requests, with what Node's HTTP server makes of them: framing, chunks, hosts, expectations, controls, request lines.
//!
//! `scripts/tests.sh llhttp` records Node's side. Where `serve` does something else, the line has it as `here`, with the row of
//! `docs/differences.md` that says so.

use crate::common::net::blocking::Server;
use serde::{Deserialize, Serialize};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;
use std::{fs, thread};
use tower_api_routes::{ApiRequest, ApiResponse, HandlerExt as _, RawBody, Result, serve};

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Case {
    name: String,
    /// Each character is a byte.
    raw: String,
    /// What the handler saw of each request, or another status.
    node: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    here: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<String>,
}

fn bytes(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect()
}

fn text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

/// Says what it has seen, as the handler on Node's side does.
async fn seen(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    let names = req.headers().keys().filter(|name| *name == "host" || name.as_str().starts_with('x'));
    let mut names: Vec<_> = names.map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let header = |name| format!(" {name}={}", text(req.headers()[name].as_bytes()));
    let headers: Vec<_> = names.into_iter().map(header).collect();
    let seen = format!("{} {}{} {}", req.method(), req.uri(), headers.concat(), text(req.body()));
    res.end_with(bytes(&seen))
}

/// The responses until the server closes the connection, or is silent.
fn outcome(address: SocketAddr, raw: &str, silence: Duration) -> Vec<String> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(silence)).unwrap();
    // A refusal may close the connection while the rest is still going out.
    _ = stream.write_all(&bytes(raw));
    let (mut data, mut space) = (Vec::new(), [0; 4096]);
    let waits = loop {
        match stream.read(&mut space) {
            Ok(0) => break false,
            Ok(length) => data.extend_from_slice(&space[..length]),
            Err(error) => break matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    };
    let data = text(&data);
    let (mut rest, mut outcome) = (&*data, Vec::new());
    while let Some((head, body)) = rest.split_once("\r\n\r\n") {
        let length = head
            .to_lowercase()
            .split("\r\ncontent-length: ")
            .nth(1)
            .map_or(0, |text| text.split("\r\n").next().unwrap().parse().unwrap());
        let length = text_length(body, length);
        let status = &head[9..12];
        outcome.push(if status == "200" { body[..length].to_owned() } else { status.to_owned() });
        rest = &body[length..];
    }
    if waits {
        outcome.push("waits".to_owned());
    }
    outcome
}

/// How long so many characters are in a `String`.
fn text_length(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

#[test]
fn raw_requests_are_read_as_by_node() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::run(listener, |listener, stop| async move {
        serve(listener, seen.into_service()).with_graceful_shutdown(stop).await.unwrap();
    });
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/llhttp.jsonl");
    let cases = fs::read_to_string(path).unwrap();
    let mut cases: Vec<Case> = cases.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(cases.len() > 200, "only {} requests", cases.len());
    let address = server.address;
    let share = cases.len().div_ceil(8);
    let differences: Vec<Vec<String>> = thread::scope(|scope| {
        let ask = |cases: &mut [Case]| {
            let mut wrong = Vec::new();
            for case in cases {
                let expected = if case.here.is_empty() { &case.node } else { &case.here };
                // Silence shows only in time; elsewhere it is not waited for.
                let is_silent = expected.last().is_some_and(|last| last == "waits");
                let silence = Duration::from_secs(if is_silent { 1 } else { 20 });
                let got = outcome(address, &case.raw, silence);
                if got != *expected {
                    wrong.push(format!("{}: {got:?}, expected {expected:?} ({:?})", case.name, case.raw));
                }
                case.here = if got == case.node { Vec::new() } else { got };
            }
            wrong
        };
        let threads: Vec<_> = cases.chunks_mut(share).map(|cases| scope.spawn(move || ask(cases))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    if std::env::var_os("UPDATE").is_some() {
        let lines: Vec<_> = cases.iter().map(|case| serde_json::to_string(case).unwrap() + "\n").collect();
        fs::write(path, lines.concat()).unwrap();
    }
    let differences = differences.concat();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    for case in cases {
        assert_eq!(case.here.is_empty(), case.row.is_none(), "{}: a difference has a row", case.name);
    }
}
