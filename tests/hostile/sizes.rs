//! More than is good: heads, bodies, depth, and numbers of entries. The memory of the process is measured.

use crate::api::{api, server};
use crate::{Allowed, OK, REFUSED, check, get, post, with_header};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;
use tower::ServiceExt as _;
use tower_api_routes::Body;

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
