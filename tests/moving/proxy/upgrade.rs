//! A WebSocket, or any other upgrade, through the proxy.

use crate::support::{Front, find, front, proxy, raw_origin, status};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower_api_routes::ApiRouter;

const SOON: Duration = Duration::from_secs(10);
const ASK: &str = "GET /socket HTTP/1.1\r\nhost: a\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n";

async fn head(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while find(&text, b"\r\n\r\n").is_none() {
        let byte = timeout(SOON, stream.read_u8()).await.unwrap();
        text.push(byte.unwrap_or_else(|_| panic!("no head: {}", text.escape_ascii())));
    }
    String::from_utf8(text).unwrap()
}

/// An origin that switches to this protocol and then echoes; it tells the requests that it has seen, and when a tunnel ends.
async fn echo(protocol: &'static str) -> (Front, mpsc::UnboundedReceiver<String>) {
    let (tell, told) = mpsc::unbounded_channel();
    let origin = raw_origin(move |mut stream| {
        let tell = tell.clone();
        async move {
            tell.send(head(&mut stream).await).unwrap();
            let response = format!(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: {protocol}\r\n\r\nhello"
            );
            stream.write_all(response.as_bytes()).await.unwrap();
            let mut space = vec![0; 64 * 1024];
            while let Ok(read @ 1..) = stream.read(&mut space).await {
                stream.write_all(&space[..read]).await.unwrap();
            }
            tell.send("closed".into()).unwrap();
        }
    })
    .await;
    (front(ApiRouter::new().fallback(proxy(origin))).await, told)
}

#[tokio::test]
async fn an_upgrade_is_a_tunnel() {
    let (front, mut told) = echo("websocket").await;
    // The first bytes may come with the request.
    let mut client = front.open(format!("{ASK}early")).await;
    let response = head(&mut client).await.to_ascii_lowercase();
    assert_eq!(status(&response), 101, "{response}");
    assert!(
        response.contains("connection: upgrade\r\n") && response.contains("upgrade: websocket\r\n"),
        "{response}"
    );
    let request = told.recv().await.unwrap();
    assert!(
        request.contains("connection: upgrade\r\n") && request.contains("upgrade: websocket\r\n"),
        "{request}"
    );
    assert!(request.contains("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), "{request}");

    let mut greeting = [0; 10];
    timeout(SOON, client.read_exact(&mut greeting)).await.unwrap().unwrap();
    assert_eq!(&greeting, b"helloearly");
    let (mut reader, mut writer) = client.into_split();
    let sent: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let expected = sent.clone();
    tokio::spawn(async move {
        writer.write_all(&sent).await.unwrap();
        std::future::pending::<()>().await;
    });
    let mut back = vec![0; expected.len()];
    timeout(SOON, reader.read_exact(&mut back)).await.unwrap().unwrap();
    assert!(back == expected, "the bytes come back in their order");
}

#[tokio::test]
async fn a_tunnel_ends_with_its_client() {
    let (front, mut told) = echo("websocket").await;
    let mut client = front.open(ASK).await;
    head(&mut client).await;
    told.recv().await.unwrap();
    drop(client);
    assert_eq!(timeout(SOON, told.recv()).await.unwrap().unwrap(), "closed");
}

#[tokio::test]
async fn unexpected_upgrade_is_502() {
    let (front, _told) = echo("irc").await;
    let mut client = front.open(ASK).await;
    assert_eq!(status(&head(&mut client).await), 502);
}

#[tokio::test]
async fn an_origin_may_refuse_an_upgrade() {
    let origin = crate::support::Origin::start(|_, _| {
        crate::support::Reply::send("HTTP/1.1 426 Upgrade Required\r\ncontent-length: 2\r\n\r\nno")
    })
    .await;
    let front = front(origin.proxy()).await;
    let mut client = front.open(ASK).await;
    let response = head(&mut client).await;
    assert_eq!(status(&response), 426, "{response}");
    let mut body = [0; 2];
    client.read_exact(&mut body).await.unwrap();
    // The connection is not lost.
    client.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert_eq!(status(&head(&mut client).await), 426);
}

#[tokio::test]
async fn h2c_and_old_versions_get_no_tunnel() {
    let origin = crate::support::Origin::start(|_, _| crate::support::Reply::ok("plain")).await;
    let front = front(origin.proxy()).await;
    let cases = [
        ("1.1", "connection: upgrade, http2-settings, close\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQ"),
        ("1.1", "connection: upgrade, close\r\nupgrade: websocket, H2C"),
        ("1.1", "connection: close\r\nupgrade: websocket"),
        ("1.0", "connection: upgrade\r\nupgrade: websocket"),
    ];
    for (number, (version, headers)) in cases.into_iter().enumerate() {
        let response = front.ask(format!("GET / HTTP/{version}\r\nhost: a\r\n{headers}\r\n\r\n")).await;
        assert!(status(&response) == 200 && response.ends_with("plain"), "{headers}: {response}");
        let request = origin.requests()[number].to_ascii_lowercase();
        assert!(!request.contains("upgrade") && !request.contains("http2-settings"), "{headers}: {request}");
    }
}
