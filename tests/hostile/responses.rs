//! What a client's input, a handler's lie and a panic make of a response.

use crate::api::server;
use crate::{check, get};

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
