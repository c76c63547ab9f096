//! What a handler says about the length and the coding of its body.

use crate::common::net::blocking::Server;
use http::{Method, Request, Response};
use std::convert::Infallible;
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

/// Bytes without an end, of which it announces five.
async fn long(_req: ApiRequest, res: ApiResponse) -> Result {
    res.set_header("content-length", 5).stream(async |mut body: BodyWriter| {
        body.write("abc").await?;
        loop {
            body.write("defghij").await?;
        }
    })
}

/// An error behind the head, which has been flushed.
async fn no_body(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(async |mut body: BodyWriter| {
        body.flush().await?;
        Err(Error::new(500, "it breaks"))
    })
}

fn server() -> Server {
    let api = ApiRouter::new().route("/coded", coded).route("/short", short);
    Server::start(api.route("/long", long).route("/no-body", no_body))
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

/// A response over HTTP/2: its length, as announced, and its body.
async fn http2(server: &Server, method: &Method, path: &str) -> (Option<usize>, h2::RecvStream) {
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder().method(method).uri(format!("http://x{path}")).body(()).unwrap();
    let (response, _) = client.ready().await.unwrap().send_request(request, true).unwrap();
    let response = response.await.unwrap_or_else(|error| panic!("{path}: no head: {error}"));
    let announced = response.headers().get("content-length");
    (announced.map(|value| value.to_str().unwrap().parse().unwrap()), response.into_body())
}

/// The number of bytes of a body, and the error that ends it.
async fn read_http2(mut body: h2::RecvStream) -> (usize, Option<h2::Error>) {
    let mut read = 0;
    loop {
        match body.data().await {
            Some(Ok(data)) => {
                read += data.len();
                body.flow_control().release_capacity(data.len()).unwrap();
            }
            Some(Err(error)) => return (read, Some(error)),
            None => return (read, None),
        }
    }
}

// The server is dropped while the client's connections are open, which takes a second thread.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_http2_stream_is_reset() {
    let server = server();
    let paths = [(6, ""), (6, "&fails"), (LENGTH, ""), (LENGTH, "&fails")]
        .map(|(length, fails)| (format!("/short?length={length}{fails}"), Some(length)));
    for (path, length) in paths.into_iter().chain([("/no-body".to_owned(), None)]) {
        // A short one may be over before the connection has written anything.
        let times = if length == Some(LENGTH) { 1 } else { 20 };
        for _ in 0..times {
            let (announced, body) = http2(&server, &Method::GET, &path).await;
            assert_eq!(announced, length, "{path}");
            let (read, error) = read_http2(body).await;
            assert_eq!(read, length.map_or(0, |length| length - 1), "{path}");
            // A client that compares the lengths itself finds a PROTOCOL_ERROR.
            let error = error.unwrap_or_else(|| panic!("{path}: it looks complete"));
            let reason = (error.is_remote(), error.reason());
            assert_eq!(reason, (true, Some(h2::Reason::INTERNAL_ERROR)), "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_stream_ends_as_announced() {
    let server = server();
    let response = server.request("GET /long HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert_eq!((response.header("content-length"), response.text()), (Some("5"), "abcde".to_owned()));
    let (announced, body) = http2(&server, &Method::GET, "/long").await;
    let ended = tokio::time::timeout(Duration::from_secs(10), read_http2(body)).await;
    let (read, error) = ended.expect("the stream ends");
    assert!(announced == Some(5) && read == 5 && error.is_none(), "{read}, {error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodiless_responses_may_announce_a_length() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = Server::run(listener, |listener, stop| async {
        let service = tower::service_fn(async |request: Request<Body>| {
            let status = if *request.method() == Method::HEAD { 200 } else { 304 };
            let body = Body::from_stream(futures_util::stream::empty::<std::io::Result<&str>>());
            let response = Response::builder().status(status).header("content-length", 7);
            Ok::<_, Infallible>(response.body(body).unwrap())
        });
        tower_api_routes::serve(listener, service).with_graceful_shutdown(stop).await.unwrap();
    });
    for method in [Method::HEAD, Method::GET] {
        let (announced, body) = http2(&server, &method, "/").await;
        let (read, error) = read_http2(body).await;
        // The client may find the length of a 304 wrong.
        let is_reset = error.is_some_and(|error| error.is_remote());
        assert_eq!((announced, read, is_reset), (Some(7), 0, false), "{method}");
    }
}
