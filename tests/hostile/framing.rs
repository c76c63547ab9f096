//! Messages that are malformed, or that two servers could read differently.

use crate::api::server;
use crate::{Allowed, OK, REFUSED, all_responses, check, get, post, with_header};

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
