//! What nobody sends by accident, in a process of its own, whose memory is measured. Each gets the status that Next.js gives, or a 4xx,
//! or a closed connection; never a panic or a mangled message, and the next request is served.

#![allow(clippy::too_many_lines, clippy::type_complexity)] // tables of cases

mod api;
#[path = "../common/mod.rs"]
mod common;
mod framing;
mod paths;
mod responses;
mod sizes;
mod text;

use common::net::Response;
use common::net::blocking::Server;

type Allowed<'a> = &'a [u16];

const REFUSED: Allowed<'_> = &[0, 400, 404, 405, 408, 411, 413, 414, 415, 417, 422, 431, 501, 505];
const OK: Allowed<'_> = &[200];

/// Sends it, and takes every response there is.
#[track_caller]
fn all_responses(server: &Server, name: &str, bytes: &[u8]) -> Vec<Response> {
    let mut client = server.connect();
    client.send(bytes);
    let responses: Vec<_> = std::iter::from_fn(|| client.response()).collect();
    server.assert_healthy(name);
    responses
}

#[track_caller]
fn check(server: &Server, name: &str, bytes: &[u8], allowed: Allowed<'_>) -> Vec<Response> {
    let responses = all_responses(server, name, bytes);
    let first = responses.first().map_or(0, |response| response.status);
    assert!(allowed.contains(&first), "{name}: {first}, not one of {allowed:?}: {responses:?}");
    responses
}

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into()
}

fn post(headers: &str, body: &str) -> Vec<u8> {
    format!("POST /api/echo HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}").into()
}

fn with_header(header: &[u8]) -> Vec<u8> {
    [b"GET /api/echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n", header, b"\r\n\r\n"].concat()
}
