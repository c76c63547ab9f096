//! What a handler says about the length and the coding of its body.

use crate::common::net::blocking::Server;
use std::io::Read as _;
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, Error, Result};

/// `?coding=`: how it responds with a coding of its own.
async fn coded(req: ApiRequest, res: ApiResponse) -> Result {
    let res = res.set_header("transfer-encoding", req.query().get("coding").unwrap_or_default());
    match req.query().get("how").unwrap_or_default() {
        "send" => res.send("hello"),
        "body" => res.send(Body::from("hello")),
        "length" => res.set_header("content-length", 5).send("hello"),
        "stream" => res.stream(async |mut body: BodyWriter| Ok(body.write("hello").await?)),
        "error" => Err(Error::new(400, "hello").append_header("transfer-encoding", "chunked")),
        _ => res.end(),
    }
}

const LENGTH: usize = 8 << 20;

/// One byte less than it says, after an error or without.
async fn short(req: ApiRequest, res: ApiResponse) -> Result {
    let length = req.query().get("length").unwrap_or_default().parse::<usize>()?;
    let fails = req.query().get("fails").is_some();
    res.set_header("content-length", length).stream(async move |mut body: BodyWriter| {
        let (mut left, piece) = (length - 1, vec![b'x'; 64 * 1024]);
        while left > 0 {
            let next = left.min(piece.len());
            body.write(piece[..next].to_vec()).await?;
            left -= next;
        }
        if fails { Err(Error::new(500, "it breaks")) } else { Ok(()) }
    })
}

fn server() -> Server {
    Server::start(ApiRouter::new().route("/coded", coded).route("/short", short))
}

#[test]
fn a_handlers_transfer_encoding_is_dropped() {
    let server = server();
    for coding in ["chunked", "gzip", "identity"] {
        for how in ["send", "body", "length", "stream", "error", "end"] {
            let name = format!("{how}, {coding}");
            let mut client = server.connect();
            for _ in 0..2 {
                client.send(format!("GET /coded?how={how}&coding={coding} HTTP/1.1\r\nHost: x\r\n\r\n"));
                let response = client.response().unwrap_or_else(|| panic!("{name}: closed"));
                assert_eq!(response.text(), if how == "end" { "" } else { "hello" }, "{name}");
                assert_eq!(response.header("connection"), None, "{name}");
                let coding = (how == "stream").then_some("chunked");
                assert_eq!(response.header("transfer-encoding"), coding, "{name}");
            }
        }
    }
}

#[test]
fn a_short_stream_sends_what_there_is() {
    let server = server();
    for (length, fails) in [(6, ""), (6, "&fails"), (LENGTH, ""), (LENGTH, "&fails")] {
        let mut client = server.connect();
        client.send(format!("GET /short?length={length}{fails} HTTP/1.1\r\nHost: x\r\n\r\n"));
        // A client that is slower than the handler.
        std::thread::sleep(Duration::from_millis(100));
        let mut read = Vec::new();
        client.stream.read_to_end(&mut read).unwrap();
        let head = read.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
        let text = String::from_utf8_lossy(&read[..head]);
        assert!(text.contains(&format!("content-length: {length}\r\n")), "{length}{fails}: {text}");
        assert_eq!(read.len() - head, length - 1, "{length}{fails}");
    }
}
