//! Starts the example and asks each of its files over a socket.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The status and the body of the response.
async fn ask(address: SocketAddr, head: &str, body: &str) -> (u16, String) {
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let headers: String = headers.lines().map(|header| format!("{header}\r\n")).collect();
    let length = body.len();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "{line} HTTP/1.1\r\nhost: example\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

#[tokio::test]
async fn every_file_is_served() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async { tower_api_routes::serve(listener, pages_api::app()).await });

    let form = "content-type: application/x-www-form-urlencoded";
    let secret = "authorization: Bearer secret";
    let long = format!("title={}", "x".repeat(2000));
    let cases = [
        ("GET /api/hello".into(), "", 200, r#"{"message":"Hello from a file!"}"#),
        ("GET /api/post".into(), "", 200, "[]"),
        (format!("POST /api/post\n{form}"), "title=First", 401, "Unauthorized"),
        (
            format!("POST /api/post\n{form}\n{secret}"),
            "title=First",
            201,
            r#"{"id":1,"title":"First","comments":[]}"#,
        ),
        (format!("POST /api/post\n{form}\n{secret}"), &*long, 413, "Body exceeded 1kb limit"),
        ("DELETE /api/post".into(), "", 405, "Method Not Allowed"),
        (
            format!("PUT /api/post/1\ncontent-type: application/json\n{secret}"),
            r#"{"title":"Changed"}"#,
            200,
            r#"{"id":1,"title":"Changed","comments":[]}"#,
        ),
        ("GET /api/post/2".into(), "", 404, r#"{"error":"there is no post 2"}"#),
        (format!("POST /api/post/1/comments\n{form}"), "text=Fine", 201, r#"{"id":1,"text":"Fine"}"#),
        ("GET /api/post/1/comments".into(), "", 200, r#"[{"id":1,"text":"Fine"}]"#),
        ("GET /api/post/1/comments/1".into(), "", 200, r#"{"id":1,"text":"Fine"}"#),
        ("GET /api/post/1/comments/2".into(), "", 404, "Not Found"),
        ("GET /api/docs/guide/start".into(), "", 200, r#"{"page":["guide","start"]}"#),
        ("GET /api/shop".into(), "", 200, "The shop's front door"),
        ("GET /api/shop/tools/saws".into(), "", 200, "Department: tools > saws"),
        (
            "GET /api/feed.json".into(),
            "",
            200,
            r#"{"items":["Changed"],"version":"https://jsonfeed.org/version/1.1"}"#,
        ),
        ("POST /api/upload".into(), "12345", 200, r#"{"bytes":5}"#),
        (format!("DELETE /api/post/1\n{secret}"), "", 204, ""),
        ("GET /api/_auth".into(), "", 404, "Not Found"),
        ("GET /api/post/1/_params".into(), "", 404, "Not Found"),
    ];
    for (head, body, status, expected) in cases {
        let (got, text) = ask(address, &head, body).await;
        assert_eq!((got, text.as_str()), (status, expected), "{head}");
    }
    server.abort();
}

#[test]
fn the_table_shows_the_files() {
    assert_eq!(
        pages_api::app().routes().to_string(),
        "\
Route (api)
┌ * /api/docs/[...page]
├ ○ /api/feed.json                  { cors }
├ ○ /api/hello
├ ○ /api/post                       GET, POST, HEAD, OPTIONS  { sizeLimit: 1kb }
├ ƒ /api/post/[pid]                 GET, PUT, DELETE, HEAD, OPTIONS
├ ƒ /api/post/[pid]/comments        GET, POST, HEAD, OPTIONS
├ ƒ /api/post/[pid]/comments/[cid]
├ * /api/shop/[[...department]]
└ ○ /api/upload                     { bodyParser: false, maxDuration: 30s }

○  (static)     one path
ƒ  (dynamic)    a parameter
*  (catch-all)  any number of segments
"
    );
}
