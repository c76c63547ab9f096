//! Requests that are refused before the service sees them.

use crate::common::log::Log;
use crate::common::net::blocking::Server;
use crate::memory::{head, start};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, RawBody, Result};
use tracing::Level;

async fn echo(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.send(req.raw_body().clone())
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/echo", echo)
}

#[test]
fn malformed_requests_are_refused_as_in_node() {
    let server = Server::start(api());
    let chunked = "Transfer-Encoding: chunked\r\n";
    let chunks = "5\r\nhello\r\n0\r\n\r\n";
    // Version, headers, body, status, and whether the response closes the connection.
    let cases = [
        ("1.1", "Host: x\r\n".to_owned(), "", 200, false),
        ("1.1", "Host:\r\n".to_owned(), "", 200, false),
        ("1.1", "Host: x\r\nHost: y\r\n".to_owned(), "", 200, false),
        ("1.1", String::new(), "", 400, true),
        ("1.1", "Content-Length: 5\r\n".to_owned(), "hello", 400, true),
        ("1.0", "Connection: keep-alive\r\n".to_owned(), "", 200, false),
        ("1.1", format!("Host: x\r\n{chunked}"), chunks, 200, false),
        ("1.1", "Host: x\r\nTransfer-Encoding: gzip, chunked\r\n".to_owned(), chunks, 200, false),
        ("1.1", "Host: x\r\nTransfer-Encoding: chunked, chunked\r\n".to_owned(), chunks, 400, true),
        ("1.1", format!("Host: x\r\n{chunked}{chunked}"), chunks, 400, true),
        ("1.1", "Host: x\r\nExpect: 100-continue\r\n".to_owned(), "", 200, false),
        ("1.1", "Host: x\r\nExpect: magic\r\n".to_owned(), "", 417, false),
        ("1.1", "Host: x\r\nExpect: magic\r\nContent-Length: 5\r\n".to_owned(), "hello", 417, false),
        ("1.0", "Connection: keep-alive\r\nExpect: magic\r\n".to_owned(), "", 200, false),
    ];
    for (version, headers, body, status, closes) in cases {
        let mut client = server.connect();
        client.send(format!("POST /echo HTTP/{version}\r\n{headers}\r\n{body}"));
        let response = client.response().unwrap();
        assert_eq!(response.status, status, "{version} {headers:?}");
        assert_eq!(response.header("connection") == Some("close"), closes, "{version} {headers:?}");
        if closes {
            assert!(client.is_closed(), "{version} {headers:?}");
        } else {
            client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nnext");
            assert_eq!(client.response().unwrap().text(), "next", "{version} {headers:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_logged_with_its_reason() {
    let log = Log::capture();
    let (server, _task) = start(api(), |serve| serve);
    let mut client = server.send("GET /echo?a=b HTTP/1.1\r\n\r\n").await;
    assert!(head(&mut client).await.starts_with("HTTP/1.1 400"));
    let events = log.take(Level::DEBUG);
    let event = events.iter().find(|event| event.message() == "API request refused").unwrap();
    let fields = ["http.response.status_code", "url.path", "error"].map(|name| event.field(name));
    assert_eq!(fields, ["400", "/echo", "there is no `Host` header"]);
}
