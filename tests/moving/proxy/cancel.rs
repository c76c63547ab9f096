//! A client that goes away.

use crate::support::{Front, front, proxy, raw_origin};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tower_api_routes::ApiRouter;

const SOON: Duration = Duration::from_secs(10);

/// An origin that sends this and then waits; it tells when a request has come and when its connection has ended.
async fn origin(response: &'static str) -> (Front, mpsc::UnboundedReceiver<&'static str>) {
    let (tell, told) = mpsc::unbounded_channel();
    let origin = raw_origin(move |mut stream| {
        let tell = tell.clone();
        async move {
            let mut space = [0; 1024];
            _ = stream.read(&mut space).await;
            stream.write_all(response.as_bytes()).await.unwrap();
            tell.send("request").unwrap();
            while let Ok(1..) = stream.read(&mut space).await {}
            tell.send("closed").unwrap();
        }
    })
    .await;
    (front(ApiRouter::new().fallback(proxy(origin))).await, told)
}

#[tokio::test]
async fn disconnect_ends_the_origins_request() {
    let cases = [
        ("before the head", ""),
        ("within a body with a length", "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"),
        ("within a stream", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
    ];
    for (when, response) in cases {
        let (front, mut told) = origin(response).await;
        let mut client = front.open("GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert_eq!(timeout(SOON, told.recv()).await.unwrap(), Some("request"), "{when}");
        if !response.is_empty() {
            client.read_u8().await.unwrap();
        }
        assert!(told.try_recv().is_err(), "{when}: the connection ends for no reason");
        drop(client);
        assert_eq!(timeout(SOON, told.recv()).await.unwrap(), Some("closed"), "{when}");
    }
}

#[tokio::test]
async fn http2_reset_ends_the_origins_request() {
    let (front, mut told) = origin("").await;
    let request = tokio::spawn(async move { front.request(true, crate::support::get("/")).await });
    assert_eq!(timeout(SOON, told.recv()).await.unwrap(), Some("request"));
    request.abort();
    assert_eq!(timeout(SOON, told.recv()).await.unwrap(), Some("closed"));
}
