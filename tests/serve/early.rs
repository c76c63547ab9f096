//! Responses that come before the body of their request: the connection is kept, or the response says that it closes.

use crate::common::net::blocking::{Client, Server};
use crate::common::net::{Protocol, serve};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full, StreamBody};
use std::time::Duration;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Error, Next, Proxy, Result, from_fn,
};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("hello")
}

/// Responds without reading the body.
async fn status(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    res.status(req.query().get("status").unwrap_or_default().parse::<u16>()?).send("refused")
}

async fn echo(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut read = req.into_body();
    res.stream(async move |mut body: tower_api_routes::BodyWriter| {
        body.flush().await?;
        while let Some(chunk) = read.chunk().await? {
            body.write(chunk).await?;
        }
        Ok(())
    })
}

async fn guard(_req: ApiRequest<Body>, _res: ApiResponse, _next: Next) -> Result {
    Err(Error::new(401, "who are you?"))
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/guarded", hello)
        .route_layer(from_fn(guard))
        .route("/api/hello", hello)
        .route("/api/status", status)
        .route("/api/echo", echo)
}

const REFUSALS: [(&str, u16); 5] = [
    ("/api/nothing", 404),
    ("/api/hello/", 308),
    ("/api/guarded", 401),
    ("/api/status?status=400", 400),
    ("/api/status?status=200", 200),
];

/// A request in two parts: the head, then the body.
fn request(path: &str, version: &str, headers: &str, is_chunked: bool, length: usize) -> (String, Vec<u8>) {
    let head = format!("POST {path} HTTP/{version}\r\nHost: x\r\n{headers}");
    let body = vec![b'x'; length];
    if is_chunked {
        let chunk = [format!("{length:x}\r\n").as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
        (format!("{head}Transfer-Encoding: chunked\r\n\r\n"), chunk)
    } else {
        (format!("{head}Content-Length: {length}\r\n\r\n"), body)
    }
}

/// Sends requests over one connection, and opens another only when the response says that it closes. Returns how many
/// were announced to close.
fn post_ten(server: &Server, name: &str, status: u16, parts: &(String, Vec<u8>)) -> usize {
    let (mut client, mut closed) = (server.connect(), 0);
    for number in 0..10 {
        assert!(client.send(&parts.0), "{name}: closed before request {number}");
        std::thread::sleep(Duration::from_millis(2));
        client.send(&parts.1);
        let response = client.response().unwrap_or_else(|| panic!("{name}: no response to request {number}"));
        assert_eq!(response.status, status, "{name}");
        if response.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            client = server.connect();
            closed += 1;
        }
    }
    closed
}

#[test]
fn early_responses_keep_their_connection() {
    let server = Server::start(api());
    for (path, status) in REFUSALS {
        for version in ["1.1", "1.0"] {
            for (is_chunked, length) in [(false, 20), (false, 200_000), (true, 20), (true, 200_000)] {
                if is_chunked && version == "1.0" {
                    continue;
                }
                let parts = request(path, version, "Connection: keep-alive\r\n", is_chunked, length);
                let name = format!("{path} HTTP/{version}, {length} bytes, chunked: {is_chunked}");
                assert_eq!(post_ten(&server, &name, status, &parts), 0, "{name}");
            }
        }
    }
}

#[test]
fn early_responses_through_a_proxy_keep_their_connection() {
    let origin = Server::start(api());
    let proxy = Proxy::new(&format!("http://{}", origin.address)).unwrap();
    let server = Server::start(ApiRouter::new().fallback(proxy));
    for (path, status) in REFUSALS {
        for (is_chunked, length) in [(false, 20), (false, 200_000), (true, 20)] {
            let name = format!("{path}, {length} bytes, chunked: {is_chunked}");
            post_ten(&server, &name, status, &request(path, "1.1", "", is_chunked, length));
        }
    }
}

#[test]
fn unread_rest_announces_the_close() {
    let server = Server::start(api());
    let long = request("/api/nothing", "1.1", "", false, 3_000_000);
    assert_eq!(post_ten(&server, "a long rest", 404, &long), 10);
    let last = request("/api/nothing", "1.1", "Connection: close\r\n", false, 20);
    assert_eq!(post_ten(&server, "the last request", 404, &last), 10);
    // A client that expects a 100 may leave its body out.
    for is_chunked in [false, true] {
        let (head, _) = request("/api/nothing", "1.1", "Expect: 100-continue\r\n", is_chunked, 20);
        let mut client = server.connect();
        client.send(head);
        let response = client.response().unwrap();
        assert_eq!((response.status, response.header("connection")), (404, Some("close")));
        assert!(client.is_closed());
    }
}

#[test]
fn body_is_readable_during_the_response() {
    let server = Server::start(api());
    let mut client = server.connect();
    for _ in 0..3 {
        client.send(
            "POST /api/echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n",
        );
        let head = client.head().unwrap();
        assert_eq!((head.status, head.header("connection")), (200, None));
        let mut writer = Client::of(client.stream.try_clone().unwrap());
        let sent = std::thread::spawn(move || writer.send(vec![b'x'; 2_000_000]));
        assert_eq!(client.chunks().len(), 2_000_000);
        assert!(sent.join().unwrap());
    }
}

#[test]
fn missing_body_closes_an_idle_connection() {
    let server = Server::with(api(), |serve| serve.header_read_timeout(Duration::from_millis(300)));
    let mut client = server.connect();
    client.send("POST /api/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n12345");
    assert_eq!(client.response().unwrap().status, 404);
    assert!(client.is_closed());
}

#[tokio::test]
async fn early_responses_over_http2_keep_their_connection() {
    let server = serve(api()).await;
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (client, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let connection = tokio::spawn(connection);
    for (path, status) in REFUSALS {
        for length in [20, 200_000] {
            for _ in 0..10 {
                // Without a length, and after the head.
                let chunk = futures_util::stream::once(async move {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    Ok::<_, BoxError>(http_body::Frame::data(Bytes::from(vec![b'x'; length])))
                });
                let request =
                    Request::post(format!("http://x{path}")).body(Body::new(StreamBody::new(chunk)));
                let response = client.clone().send_request(request.unwrap()).await.unwrap();
                assert_eq!(response.status(), status, "{path}, {length} bytes");
                response.into_body().collect().await.unwrap();
            }
        }
    }
    assert!(!connection.is_finished());
    let hello = server.send(Protocol::Http2, Request::get("/api/hello").body(Full::default()).unwrap()).await;
    assert_eq!(hello.status(), 200);
}
