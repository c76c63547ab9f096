//! What nobody sends by accident, in a process of its own, whose memory is measured. Each gets the status that Next.js gives, or a 4xx, or a closed connection; never a panic
//! or a mangled message, and the next request is served.

#![allow(clippy::too_many_lines, clippy::type_complexity)] // tables of cases

#[path = "../common/mod.rs"]
mod common;

use common::net::Response;
use common::net::blocking::Server;
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Cookie, Error, HandlerExt as _, RawBody, Result, RouteConfig,
};

async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("healthy")
}

async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
    let header = req.headers().get("x").map(|value| value.as_bytes().escape_ascii().to_string());
    res.json(&json!({ "query": req.query(), "cookies": req.cookies(), "body": req.body(), "x": header }))
}

async fn count(req: ApiRequest, res: ApiResponse) -> Result {
    let form = req.body().as_form().map_or(0, tower_api_routes::Query::len);
    res.json(&[req.query().len(), req.cookies().len(), form])
}

async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.json(&req.body().len())
}

#[derive(Deserialize)]
struct Nested {
    #[allow(dead_code)] // only its depth counts
    next: Option<Box<Nested>>,
}

async fn nested(_req: ApiRequest<Nested>, res: ApiResponse) -> Result {
    res.end()
}

/// Puts what the client says into the place that it names.
async fn put(req: ApiRequest, res: ApiResponse) -> Result {
    let text = |name: &str| req.query().get(name).unwrap_or_default().to_owned();
    let value = text("value");
    match &*text("place") {
        "redirect" => res.redirect(value),
        "local" => res.redirect_local(value),
        "header" => res.set_header("x-put", value).end(),
        "append" => res.append_header("x-put", value).end(),
        "name" => res.set_header(value, "x").end(),
        "head" => res.write_head(200, [("x-put", value)]).send("x"),
        "type" => res.set_header("content-type", value).send("x"),
        "cookie" => res.cookie(("c", value)).end(),
        "cookie-name" => res.cookie((value, "v")).end(),
        "cookie-path" => res.cookie(Cookie::build(("c", "v")).path(value)).end(),
        "cookie-domain" => res.cookie(Cookie::build(("c", "v")).domain(value)).end(),
        "status" => res.status(value.parse::<u16>().unwrap_or(0)).send("x"),
        "error" => Err(Error::new(400, value)),
        "json" => res.json(&value),
        place => Err(Error::new(404, place.to_owned())),
    }
}

/// Says something else about its body than is true.
async fn lie(req: ApiRequest, res: ApiResponse) -> Result {
    let (name, value) =
        (req.query().get("name").unwrap_or_default(), req.query().get("value").unwrap_or_default());
    let res =
        res.status(req.query().get("status").and_then(|status| status.parse::<u16>().ok()).unwrap_or(200));
    let res = res.set_header(name, value);
    match req.query().get("how").unwrap_or_default() {
        "send" => res.send("hello"),
        "end" => res.end_with("hello"),
        "empty" => res.end(),
        "redirect" => res.redirect("/hello"),
        "stream" => res.stream(|mut body| async move { Ok(body.write("hello").await?) }),
        "forward" => {
            let mut response = http::Response::new(Body::from("hello"));
            *response.status_mut() = http::StatusCode::from_u16(103)?;
            res.forward(response)
        }
        _ => Err(res.fail(Error::new(400, "hello"))),
    }
}

async fn panics(_req: ApiRequest, _res: ApiResponse) -> Result {
    panic!("as it was asked to")
}

async fn which(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&(req.route(), req.query()))
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/healthy", healthy)
        .route("/api/echo", echo)
        .route("/api/count", count.config(RouteConfig::new().size_limit("64mb")))
        .route("/api/length", length)
        .route("/api/nested", nested)
        .route("/api/put", put)
        .route("/api/lie", lie)
        .route("/api/panics", panics)
        .route("/api/admin", which)
        .route("/api/open/[x]", which)
        .route("/api/files/[...path]", which)
}

/// One that soon closes a connection on which nothing comes.
fn server() -> Server {
    Server::with(api(), |serve| serve.header_read_timeout(Duration::from_millis(300)))
}

/// What may come back: one of these statuses, or (0) a closed connection without a response.
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

#[test]
fn malformed_messages_are_refused() {
    let server = server();
    let cases: &[(&str, Vec<u8>, Allowed<'_>)] = &[
        ("nothing", b"".into(), &[0]),
        ("line breaks", b"\r\n\r\n\r\n\r\n".into(), REFUSED),
        ("zeros", vec![0; 1000], REFUSED),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".into(), REFUSED),
        ("an SSH banner", b"SSH-2.0-OpenSSH_9.6\r\n".into(), REFUSED),
        ("HTTP/0.9", b"GET /api/echo\r\n\r\n".into(), REFUSED),
        ("HTTP/1.2", b"GET /api/echo HTTP/1.2\r\n\r\n".into(), REFUSED),
        ("HTTP/3", b"GET /api/echo HTTP/3.0\r\n\r\n".into(), REFUSED),
        ("a preface that goes wrong", b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".into(), REFUSED),
        (
            "a frame that is none",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff".into(),
            &[],
        ),
        ("a method with a space", b" GET /api/echo HTTP/1.1\r\n\r\n".into(), REFUSED),
        ("a method with a NUL", b"G\0T /api/echo HTTP/1.1\r\n\r\n".into(), REFUSED),
        ("a long method", [vec![b'G'; 100_000], b" / HTTP/1.1\r\n\r\n".to_vec()].concat(), REFUSED),
        ("no target", b"GET  HTTP/1.1\r\n\r\n".into(), REFUSED),
        ("a target with a space", get("/api/echo?a=b c"), REFUSED),
        ("a target with a NUL", get("/api/echo?\0"), REFUSED),
        ("a target with a line feed", get("/api/echo\n"), REFUSED),
        ("a target without a slash", get("api/echo"), REFUSED),
        ("a fragment", get("/api/echo#x"), &[200, 400]),
        ("a header without a colon", with_header(b"nonsense"), REFUSED),
        ("a header without a name", with_header(b": x"), REFUSED),
        ("a header name with a space", with_header(b"X y: z"), REFUSED),
        ("a header name with a NUL", with_header(b"X\0: z"), REFUSED),
        ("a header name beyond ASCII", with_header("Ü: z".as_bytes()), REFUSED),
        ("a folded header", with_header(b"X: a\r\n b"), REFUSED),
        ("a header with a NUL", with_header(b"X: a\0b"), REFUSED),
        ("a header with a carriage return", with_header(b"X: a\rb"), REFUSED),
        ("an expectation that nobody has", with_header(b"Expect: the-unexpected"), &[417]),
        ("no host", b"GET /api/echo HTTP/1.1\r\n\r\n".into(), &[400]),
        ("a trace", b"TRACE /api/echo HTTP/1.1\r\nHost: x\r\n\r\n".into(), &[200, 405]),
        ("a tunnel", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n".into(), REFUSED),
        ("the options of everything", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n".into(), REFUSED),
        ("another host's target", get("http://evil.example/api/echo"), OK),
        ("another scheme", get("gopher://evil.example/api/nothing"), REFUSED),
    ];
    for (name, bytes, allowed) in cases {
        if allowed.is_empty() {
            // HTTP/2 responds in frames.
            let mut client = server.connect();
            client.send(bytes);
            std::io::Read::read_to_end(&mut client.stream, &mut Vec::new()).ok();
            server.assert_healthy(name);
        } else {
            check(&server, name, bytes, allowed);
        }
    }
}

#[test]
fn ambiguous_framing_is_refused_or_closes() {
    let server = server();
    let smuggled = "GET /api/admin HTTP/1.1\r\nHost: x\r\n\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let cases: &[(&str, Vec<u8>)] = &[
        (
            "a length and chunks",
            post(&format!("Content-Length: 6\r\n{chunked}"), &format!("0\r\n\r\n{smuggled}")),
        ),
        (
            "chunks and a length",
            post(&format!("{chunked}Content-Length: 6\r\n"), &format!("0\r\n\r\n{smuggled}")),
        ),
        ("two lengths", post("Content-Length: 0\r\nContent-Length: 37\r\n", smuggled)),
        ("a list of lengths", post("Content-Length: 0, 37\r\n", smuggled)),
        ("a list of one length", post("Content-Length: 0, 0\r\n", smuggled)),
        ("a signed length", post("Content-Length: +0\r\n", smuggled)),
        ("a negative length", post("Content-Length: -1\r\n", smuggled)),
        ("a hexadecimal length", post("Content-Length: 0x0\r\n", smuggled)),
        ("a length with a space", post("Content-Length: 0 0\r\n", smuggled)),
        ("a length past 64 bits", post("Content-Length: 18446744073709551616\r\n", smuggled)),
        ("the longest length", post("Content-Length: 18446744073709551615\r\n", smuggled)),
        ("a length without digits", post("Content-Length: \r\n", smuggled)),
        ("a space before the colon", post("Content-Length : 0\r\n", smuggled)),
        (
            "chunks, with a space before the colon",
            post("Transfer-Encoding : chunked\r\n", &format!("0\r\n\r\n{smuggled}")),
        ),
        (
            "chunks that are not the last coding",
            post("Transfer-Encoding: chunked, identity\r\n", &format!("0\r\n\r\n{smuggled}")),
        ),
        (
            "a coding that nobody knows",
            post("Transfer-Encoding: xchunked\r\n", &format!("0\r\n\r\n{smuggled}")),
        ),
        (
            "another coding after the chunks",
            post(&format!("{chunked}Transfer-Encoding: identity\r\n"), &format!("0\r\n\r\n{smuggled}")),
        ),
        ("a folded coding", post("Transfer-Encoding:\r\n chunked\r\n", &format!("0\r\n\r\n{smuggled}"))),
        (
            "a coding behind a vertical tab",
            post("Transfer-Encoding: \x0bchunked\r\n", &format!("0\r\n\r\n{smuggled}")),
        ),
        (
            "a coding in HTTP/1.0",
            [b"POST /api/echo HTTP/1.0\r\n", chunked.as_bytes(), b"\r\n0\r\n\r\n", smuggled.as_bytes()]
                .concat(),
        ),
        ("a chunk's size past 64 bits", post(chunked, &format!("10000000000000000\r\n{smuggled}"))),
        ("a chunk's size with a sign", post(chunked, &format!("+0\r\n\r\n{smuggled}"))),
        ("a chunk's size that is none", post(chunked, &format!("x\r\n\r\n{smuggled}"))),
        ("a chunk without its end", post(chunked, &format!("1\r\naa\r\n0\r\n\r\n{smuggled}"))),
        ("a chunk that ends in a line feed", post(chunked, &format!("1\na\n0\n\n{smuggled}"))),
        (
            "an endless extension",
            post(chunked, &format!("1;{}\r\na\r\n0\r\n\r\n{smuggled}", "x".repeat(100_000))),
        ),
        ("endless trailers", post(chunked, &format!("0\r\n{}\r\n{smuggled}", "X: y\r\n".repeat(10_000)))),
    ];
    for (name, bytes) in cases {
        let responses = all_responses(&server, name, bytes);
        let mut good = responses.iter().filter(|response| response.status == 200);
        assert!(!good.any(|response| response.text().contains("/api/admin")), "{name}: {responses:?}");
        assert!(
            responses.iter().all(|response| matches!(response.status, 200 | 400..=499 | 501)),
            "{name}: {responses:?}"
        );
    }
    // Twice the same coding is one: what follows is a request of its own.
    let twice = post(&format!("{chunked}{chunked}"), &format!("0\r\n\r\n{smuggled}"));
    let responses = all_responses(&server, "chunks twice", &twice);
    assert!(
        matches!(
            responses.iter().map(|response| response.status).collect::<Vec<_>>()[..],
            [200, 200] | [400]
        ),
        "{responses:?}"
    );
}

#[test]
fn a_length_that_lies_is_found_out() {
    let server = server();
    let mut client = server.connect();
    client.send(post("Content-Length: 100\r\n", "short"));
    client.half_close();
    let too_long = client.response();
    assert!(too_long.as_ref().is_none_or(|response| response.status == 400), "{too_long:?}");
    let too_short =
        all_responses(&server, "a length short of the body", &post("Content-Length: 2\r\n", "ab, and more"));
    assert_eq!(too_short.iter().map(|response| response.status).collect::<Vec<_>>(), [200, 400]);
    assert!(too_short[0].text().contains(r#""body":"ab""#));
}

#[test]
fn too_large_response_is_refused() {
    let server = server();
    let before = resident();
    let many = |one: &str, number: usize| one.repeat(number);
    let query: String = (0..1_000_000).fold(String::new(), |query, i| query + "k" + &i.to_string() + "=&");
    let cases: &[(&str, Vec<u8>, Allowed<'_>)] = &[
        ("a million keys", get(&format!("/api/echo?{query}")), &[0, 414, 431]),
        ("a long path", get(&format!("/{}", many("a", 1_000_000))), &[0, 414, 431]),
        ("many segments", get(&format!("/api/files{}", many("/a", 30_000))), OK),
        ("many dots", get(&format!("/api/files{}", many("/..", 20_000))), REFUSED),
        ("many slashes", get(&many("/", 60_000)), &[308]),
        ("100,000 cookies", with_header(format!("Cookie: {}", many("c=1; ", 100_000)).as_bytes()), &[0, 431]),
        (
            "100,000 cookie headers",
            with_header(many("Cookie: c=1\r\n", 100_000).trim_end().as_bytes()),
            &[0, 431],
        ),
        ("a header of 10 MB", with_header(format!("X: {}", many("x", 10 << 20)).as_bytes()), &[0, 431]),
        (
            "a header's name of 1 MB",
            with_header(format!("{}: x", many("x", 1 << 20)).as_bytes()),
            &[0, 400, 431],
        ),
        ("1,000 headers", with_header(many("X: y\r\n", 1000).trim_end().as_bytes()), &[431]),
        ("a body over the limit", post("Content-Length: 1048577\r\n", &many("x", 1_048_577)), &[413]),
        (
            "a body of many chunks",
            post("Transfer-Encoding: chunked\r\n", &(many("1\r\nx\r\n", 2_000_000) + "0\r\n\r\n")),
            &[413],
        ),
        (
            "a list of 20,000 tags",
            with_header(format!("If-None-Match: {}", many("\"x\",", 20_000)).as_bytes()),
            OK,
        ),
    ];
    for (name, bytes, allowed) in cases {
        check(&server, name, bytes, allowed);
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 96 << 20, "{} MB more than before", grown >> 20);
}

/// Resident memory in bytes, the test's own included.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

#[test]
fn deep_json_is_400_for_every_type() {
    let server = server();
    let deep = [
        ("lists", "[".repeat(200_000), "]".repeat(200_000)),
        ("objects", r#"{"next":"#.repeat(50_000), "}".repeat(50_000)),
        ("lists without an end", "[".repeat(500_000), String::new()),
    ];
    for (name, open, close) in deep {
        for route in ["echo", "nested"] {
            let body = format!("{open}{close}");
            let request = format!(
                "POST /api/{route} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            check(&server, &format!("deep {name} for {route}"), request.as_bytes(), &[400]);
        }
    }
}

#[test]
#[allow(clippy::too_many_lines, clippy::type_complexity)] // a table of cases
fn nul_and_invalid_utf8_are_handled() {
    let server = server();
    let send = |head: &[u8], body: &[u8]| {
        let host = if head.ends_with(b"Host: x") { "" } else { "\r\nHost: x" };
        let rest = format!("{host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        [b"POST ", head, rest.as_bytes(), body].concat()
    };
    let replaced = "\u{fffd}";
    let cases: &[(&str, Vec<u8>, Allowed<'_>, &[(&str, Value)])] = &[
        (
            "a NUL in a query",
            send(b"/api/echo?a=%00 HTTP/1.1\r\nHost: x", b""),
            OK,
            &[("/query/a", json!("\0"))],
        ),
        (
            "a NUL in a cookie",
            send(b"/api/echo HTTP/1.1\r\nCookie: a=%00", b""),
            OK,
            &[("/cookies/a", json!("\0"))],
        ),
        ("a NUL in a text", send(b"/api/echo HTTP/1.1\r\nHost: x", b"a\0b"), OK, &[("/body", json!("a\0b"))]),
        (
            "a NUL in JSON",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: application/json", b"\"\0\""),
            &[400],
            &[],
        ),
        (
            "a NUL in a form",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", b"\0=\0"),
            OK,
            &[("/body/\0", json!("\0"))],
        ),
        (
            "a NUL in a parameter",
            send(b"/api/open/%00 HTTP/1.1\r\nHost: x", b""),
            OK,
            &[("/1/x", json!("\0"))],
        ),
        ("bytes in a path", send(b"/api/\xff\xfe HTTP/1.1\r\nHost: x", b""), REFUSED, &[]),
        ("bytes in a query", send(b"/api/echo?a=\xff\xfe HTTP/1.1\r\nHost: x", b""), &[200, 400], &[]),
        ("bytes behind escapes in a path", send(b"/api/open/%ff HTTP/1.1\r\nHost: x", b""), &[400], &[]),
        (
            "bytes behind escapes in a query",
            send(b"/api/echo?a=%ff HTTP/1.1\r\nHost: x", b""),
            OK,
            &[("/query/a", json!(replaced))],
        ),
        (
            "bytes in a header",
            send(b"/api/echo HTTP/1.1\r\nX: \xff\xfe", b""),
            OK,
            &[("/x", json!("\\xff\\xfe"))],
        ),
        (
            "bytes in a cookie",
            send(b"/api/echo HTTP/1.1\r\nCookie: a=\xff", b""),
            OK,
            &[("/cookies/a", json!("ÿ"))],
        ),
        (
            "bytes in a text",
            send(b"/api/echo HTTP/1.1\r\nHost: x", b"\xff"),
            OK,
            &[("/body", json!(replaced))],
        ),
        (
            "bytes in JSON",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: application/json", b"\"\xff\""),
            OK,
            &[("/body", json!(replaced))],
        ),
        (
            "bytes in a form",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded", b"a=\xff"),
            OK,
            &[("/body/a", json!(replaced))],
        ),
        (
            "bytes in a content type",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: \xff/\xff; charset=\xff", b"x"),
            &[200, 400],
            &[],
        ),
        (
            "bytes in a charset",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: text/plain; charset=\"\xff\"", b"x"),
            &[400],
            &[],
        ),
        (
            "half a surrogate",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: application/json", b"\"\\ud800\""),
            &[400],
            &[],
        ),
        (
            "half a unit of UTF-16",
            send(b"/api/echo HTTP/1.1\r\nContent-Type: text/plain; charset=utf-16le", b"a\0b"),
            OK,
            &[],
        ),
    ];
    for (name, bytes, allowed, expected) in cases {
        let responses = check(&server, name, bytes, allowed);
        for (pointer, value) in *expected {
            let body: Value = serde_json::from_slice(&responses[0].body).unwrap();
            assert_eq!(body.pointer(pointer), Some(value), "{name}: {body}");
        }
    }
}

#[test]
fn client_input_becomes_no_header() {
    let server = server();
    let places = [
        "redirect",
        "local",
        "header",
        "append",
        "name",
        "head",
        "type",
        "cookie",
        "cookie-name",
        "cookie-path",
        "cookie-domain",
        "error",
        "json",
    ];
    let values = [
        "a%0d%0aX-Evil:%201",
        "a%0aX-Evil:%201",
        "a%0dX-Evil:%201",
        "a%0d%0a%0d%0a%3Chtml%3E",
        "a%00b",
        "a%7fb",
        "%0d%0a",
        "/a%0d%0aX-Evil:%201",
        "a%E5%98%8A%E5%98%8DX-Evil:%201",
        "%F0%9F%98%80",
        "a;%20X-Evil=1;%20HttpOnly",
    ];
    for place in places {
        for value in values {
            let name = format!("{value} in {place}");
            let responses = check(
                &server,
                &name,
                &get(&format!("/api/put?place={place}&value={value}")),
                &[200, 307, 400, 500],
            );
            let response = &responses[0];
            assert_eq!(responses.len(), 1, "{name}: a second response: {responses:?}");
            assert!(response.header("x-evil").is_none(), "{name}: {response:?}");
            // Next.js refuses with a 500 what a header cannot carry, and a cookie's path that would add an attribute.
            if matches!(place, "redirect" | "header" | "append" | "head" | "type") && value.contains("%0") {
                assert_eq!(response.status, 500, "{name}: {response:?}");
            }
            if let Some(cookie) = response.header("set-cookie") {
                let attributes = cookie.split(';').skip(1).map(str::trim);
                let added = |text: &str| text.starts_with("X-Evil") || text == "HttpOnly";
                assert!(!attributes.clone().any(added), "{name}: {cookie}");
            }
            if response.status == 500 {
                assert_eq!(response.text(), "Internal Server Error", "{name}: the error was shown");
            }
        }
    }
}

#[test]
fn a_redirect_that_must_stay_here_stays_here() {
    let server = server();
    let cases = [
        ("/here", 307),
        ("/here?to=https://evil.example", 307),
        ("/", 307),
        ("//evil.example", 400),
        ("/\\evil.example", 400),
        ("\\\\evil.example", 400),
        ("https://evil.example", 400),
        ("javascript:alert(1)", 400),
        ("", 400),
        ("here", 400),
        (" //evil.example", 400),
        ("/\t/evil.example", 400),
        ("\t//evil.example", 400),
        ("/\n/evil.example", 400),
    ];
    for (target, status) in cases {
        let target: String = target.bytes().fold(String::new(), |out, byte| out + &format!("%{byte:02x}"));
        check(&server, &target, &get(&format!("/api/put?place=local&value={target}")), &[status]);
    }
}

#[test]
fn handler_framing_headers_cannot_corrupt_messages() {
    let server = server();
    let headers = [
        ("content-length", "3"),
        ("content-length", "500"),
        ("content-length", "x"),
        ("content-length", "5,5"),
        ("content-length", "-1"),
        ("content-length", "5"),
        ("content-length", ""),
        ("transfer-encoding", "chunked"),
        ("transfer-encoding", "gzip"),
        ("transfer-encoding", "identity"),
        ("connection", "close"),
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("trailer", "x"),
    ];
    let check_all = |how: &str| {
        for status in [200, 201, 204, 205, 304, 404, 999] {
            for (header, value) in headers {
                let target = format!("/api/lie?how={how}&status={status}&name={header}&value={value}");
                let mut client = server.connect();
                client.send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
                let response = client.response();
                // Whole, or visibly broken: never so that what follows is taken for another response.
                match response {
                    Some(response)
                        if response.header("connection") != Some("close") && header != "connection" =>
                    {
                        client.send(get("/api/healthy"));
                        if let Some(next) = client.response() {
                            assert_eq!(next.text(), "healthy", "{target}: after {response:?}");
                        }
                    }
                    Some(response) => {
                        assert!(client.is_closed() || header == "connection", "{target}: {response:?}");
                    }
                    None => assert!(how == "stream", "{target}: no response"),
                }
            }
        }
    };
    // At once: most of the time passes until a connection without a request is closed.
    std::thread::scope(|scope| {
        for how in ["send", "end", "empty", "redirect", "stream", "forward", "error"] {
            scope.spawn(move || check_all(how));
        }
    });
    server.assert_healthy("lies");
}

#[test]
fn panic_is_500_and_connection_lives() {
    let server = server();
    let mut client = server.connect();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    for _ in 0..3 {
        client.send(get("/api/panics"));
        let response = client.response().unwrap();
        assert_eq!((response.status, &*response.text()), (500, "Internal Server Error"));
    }
    client.send(get("/api/healthy"));
    assert_eq!(client.response().unwrap().text(), "healthy");
}

#[test]
fn guard_by_route_cannot_be_bypassed() {
    let server = server();
    let router = api();
    // The spelling, and what the handler's route is: none where nothing is served.
    let cases = [
        ("/api/admin", Some("/api/admin")),
        ("/api/open/../admin", Some("/api/admin")),
        ("/api/open/%2e%2e/admin", Some("/api/admin")),
        ("/api/open/.%2E/admin", Some("/api/admin")),
        ("/api/./admin", Some("/api/admin")),
        ("/../api/admin", Some("/api/admin")),
        ("/api/files/a/../../admin", Some("/api/admin")),
        ("/api/open/..%2fadmin", Some("/api/open/[x]")),
        ("/api/open/%2e%2e%2fadmin", Some("/api/open/[x]")),
        ("/api/open/..%5cadmin", Some("/api/open/[x]")),
        ("/api/open/%252e%252e", Some("/api/open/[x]")),
        ("/api/%61dmin", None),
        ("/api/admin%00", None),
        ("/api/admin;x", None),
        ("/API/ADMIN", None),
        ("/api/admin/", None),
        ("//api/admin", None),
        ("/api//admin", None),
        ("/api\\admin", None),
        ("/api/open\\..\\admin", None),
        ("/api/open/..;/admin", None),
    ];
    for (target, route) in cases {
        let seen = target.parse().ok().and_then(|uri| router.route_for(&uri));
        assert_eq!(seen, route, "what the guard sees of {target}");
        let response = &all_responses(&server, target, &get(target))[0];
        if let Some(route) = route {
            assert_eq!(response.status, 200, "{target}");
            assert!(response.text().starts_with(&format!("[\"{route}\"")), "{target}: {}", response.text());
        } else {
            assert!(matches!(response.status, 308 | 400 | 404), "{target}: {response:?}");
        }
    }
}

#[test]
fn a_parameter_is_decoded_once_and_never_splits() {
    let server = server();
    let cases = [
        ("/api/open/a%2Fb", json!({ "x": "a/b" })),
        ("/api/open/%252F", json!({ "x": "%2F" })),
        ("/api/open/%25252F", json!({ "x": "%252F" })),
        ("/api/open/%2e%2e%2f", json!({ "x": "../" })),
        ("/api/open/a?x=b", json!({ "x": "a" })),
        ("/api/open/a%3Fx=b", json!({ "x": "a?x=b" })),
        ("/api/files/a%2Fb/c", json!({ "path": ["a/b", "c"] })),
        ("/api/files/a?path=/etc/passwd", json!({ "path": ["a"] })),
    ];
    for (target, query) in cases {
        let response = &check(&server, target, &get(target), OK)[0];
        let seen: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(seen[1], query, "{target}");
    }
}

#[test]
fn normalizing_redirect_stays_on_the_host() {
    let server = server();
    let targets = [
        "//evil.example/",
        "///evil.example",
        "/\\evil.example/",
        "/%5Cevil.example/",
        "//evil.example/..",
        "/.//evil.example",
        "/x/..//evil.example/",
        "/%2e%2e//evil.example",
        "\\\\evil.example",
        "//evil.example/%2e%2e//x",
        "/api//\t/x",
    ];
    for target in targets {
        for response in all_responses(&server, target, &get(target)) {
            if let Some(location) = response.header("location") {
                assert!(
                    location.starts_with('/') && !location[1..].starts_with(['/', '\\']),
                    "{target}: {location}"
                );
            }
        }
    }
}

/// In process, where hyper's limits on heads do not help.
fn in_process(request: http::Request<Body>) -> (u16, Value, Duration) {
    let start = cpu_time();
    let response = api().oneshot(request).now_or_never().expect("nothing to wait for").unwrap();
    let status = response.status().as_u16();
    let body = serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap_or_default();
    (status, body, cpu_time().saturating_sub(start))
}

/// How long this thread has run: how busy the machine is does not count. Zero where there is no `/proc`.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap_or_default();
    // The name of the thread, in parentheses, may have spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

#[test]
fn the_cost_of_many_entries_is_not_quadratic() {
    const MANY: usize = 200_000;
    let many = || (0..MANY).map(|i| format!("k{i}={i}")).collect::<Vec<_>>();
    // A URI of the `http` crate ends at 65,534 bytes: Lambda's and Vercel's too.
    let short = (0..16_000).map(|i| format!("{i:x}")).collect::<Vec<_>>().join("&");
    let short = short[..65_000].trim_end_matches('&');
    let cases: Vec<(&str, http::request::Builder, String, usize, usize)> = vec![
        (
            "query",
            http::Request::get(format!("/api/count?{short}")),
            String::new(),
            0,
            short.split('&').collect::<HashSet<_>>().len(),
        ),
        (
            "cookies",
            http::Request::get("/api/count").header("cookie", many().join("; ")),
            String::new(),
            1,
            MANY,
        ),
        (
            "one cookie's name",
            http::Request::get("/api/count").header("cookie", "c=1; ".repeat(MANY)),
            String::new(),
            1,
            1,
        ),
        (
            "form",
            http::Request::post("/api/count").header("content-type", "application/x-www-form-urlencoded"),
            many().join("&"),
            2,
            MANY,
        ),
        (
            "one form key",
            http::Request::post("/api/count").header("content-type", "application/x-www-form-urlencoded"),
            "a=1&".repeat(MANY),
            2,
            1,
        ),
    ];
    for (name, request, body, place, number) in cases {
        let (status, counts, took) = in_process(request.body(Body::from(body)).unwrap());
        assert_eq!((status, &counts[place]), (200, &json!(number)), "{name}");
        // A fraction of a second, in an unoptimized build too; a quadratic cost is 20 billion steps.
        assert!(took < Duration::from_secs(4), "{name}: {took:?}");
        println!("{name}: {took:?}");
    }
}
