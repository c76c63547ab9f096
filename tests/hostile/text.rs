//! NUL bytes, and text that is not UTF-8.

use crate::api::server;
use crate::{Allowed, OK, REFUSED, check};
use serde_json::{Value, json};

#[test]
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
