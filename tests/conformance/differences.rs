//! The differences from Next.js: each row of `docs/differences.md`, with the responses of both sides.

use crate::common::net::blocking::Client;
use crate::corpus::values;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Recorded from Next.js 16.2.2 and from here.
#[derive(Deserialize)]
struct Case {
    row: String,
    request: Raw,
    next: Side,
    rust: Side,
}

#[derive(Deserialize)]
struct Raw {
    raw: Option<String>,
    raw_b64: Option<String>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Side {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Vec<String>>,
    /// `None` for a page of Next.js and for a compressed body.
    body: Option<String>,
    /// The connection ends in the middle of the body.
    #[serde(default)]
    broken_off: bool,
}

/// The rows that no single request shows, and the test of each.
const ELSEWHERE: [(&str, &str); 11] = [
    ("`/post` beside `/post/[[...x]]`", "tests/conformance: route_order"),
    ("`maxDuration`", "tests/layers: max_duration"),
    ("no `maxDuration` by default", "tests/layers: max_duration"),
    ("a handler that sends no response", "tests/handlers: a dropped `Responder`"),
    ("a file in `pages/api` whose name begins with `_`", "src/build: tests"),
    ("preview tokens signed with HS384 or HS512", "tests/draft: tokens"),
    ("an error after headers were set", "tests/handlers: errors"),
    ("two spaces in the request line, HTTP/0.9, chunks in HTTP/1.0", "refused, below"),
    ("headers that the request's `Connection` names", "tests/moving: owner"),
    ("`Upgrade` in a request to a route", "kept_alive, below"),
    ("`Connection` and `Keep-Alive` of a response", "kept_alive, below"),
];

fn cases() -> Vec<Case> {
    include_str!("../vectors/differences.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn ask(request: &Raw, headers: impl Iterator<Item = String>, address: SocketAddr) -> Side {
    let request = match (&request.raw, &request.raw_b64) {
        (Some(raw), _) => raw.clone().into_bytes(),
        (None, raw) => STANDARD.decode(raw.as_ref().unwrap()).unwrap(),
    };
    let mut client = Client::connect(address);
    client.send(request);
    let head = client.head().unwrap();
    let headers = headers.map(|name| (name.clone(), values(&head, &name))).collect();
    let (body, broken_off) = client.rest(&head);
    let body = String::from_utf8_lossy(&body).into_owned();
    Side { status: head.status, headers, body: Some(body), broken_off }
}

/// A row that is no longer true has to leave the table.
pub(crate) fn check(address: SocketAddr) {
    for Case { row, request, next, rust } in cases() {
        let got = ask(&request, rust.headers.keys().cloned(), address);
        assert_eq!(got, rust, "{row}: what was recorded here");
        assert_ne!(got, next, "{row}: no difference any more");
    }
    kept_alive(address);
    refused(address);
}

/// Next.js accepts these.
fn refused(address: SocketAddr) {
    for request in [
        "GET  /api/hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/hello\r\n\r\n",
        "POST /api/hello HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ] {
        let mut client = Client::connect(address);
        client.send(request);
        assert_eq!(client.head().unwrap().status, 400, "{request:?}");
    }
}

/// Next.js sends `Connection: keep-alive` and `Keep-Alive: timeout=5`, and closes the connection of a request with
/// `Upgrade` without a response.
fn kept_alive(address: SocketAddr) {
    let mut client = Client::connect(address);
    for extra in ["", "Connection: upgrade\r\nUpgrade: websocket\r\n", ""] {
        client.send(format!("GET /api/hello HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n"));
        let response = client.response().unwrap();
        assert_eq!(response.status, 200, "{extra}");
        for name in ["connection", "keep-alive"] {
            assert_eq!(response.header(name), None, "{extra}");
        }
    }
}

#[test]
fn every_row_of_the_table_has_a_test() {
    let page = include_str!("../../docs/differences.md");
    let tables = page.split("\n| | Next.js | here | why |\n").skip(1);
    let rows: Vec<&str> = tables
        .flat_map(|table| table.lines().map_while(|line| line.strip_prefix("| ")?.split(" | ").next()))
        .filter(|row| !row.starts_with("---"))
        .collect();
    assert!(rows.len() > 35, "the three tables are found: {rows:?}");
    let cases = cases();
    // What the script beside a running Next.js passes over is a row, too.
    let script = include_str!("../../scripts/tests/beside-nextjs/explain.mjs").lines();
    let passed_over =
        script.filter_map(|line| line.strip_prefix("  ['").or_else(|| line.strip_prefix("  [\"")));
    let passed_over: Vec<&str> =
        passed_over.map(|line| line.split("', (").next().unwrap().split("\", (").next().unwrap()).collect();
    assert!(passed_over.len() > 4, "the rows are found: {passed_over:?}");
    let raw = include_str!("../vectors/llhttp.jsonl").lines();
    let raw: Vec<serde_json::Value> = raw.map(|line| serde_json::from_str(line).unwrap()).collect();
    let known = raw.iter().filter_map(|case| case["row"].as_str());
    let unknown: Vec<_> = known.filter(|row| !rows.contains(row)).collect();
    assert!(unknown.is_empty(), "rows that are not there: {unknown:#?}");
    let has_test = |row: &&str| {
        let is_raw = raw.iter().any(|case| case["row"] == **row);
        is_raw
            || cases.iter().any(|case| case.row == **row)
            || ELSEWHERE.iter().any(|(known, _)| known == row)
    };
    let untested: Vec<_> = rows.iter().copied().chain(passed_over).filter(|row| !has_test(row)).collect();
    assert!(untested.is_empty(), "rows without a test: {untested:#?}");
}
