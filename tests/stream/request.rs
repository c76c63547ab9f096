//! A request's body as a stream: piece by piece, and while the response is written.

use crate::common::net::{Client, data, http2, serve_in_background as serve, soon};
use bytes::Bytes;
use channel::receiver;
use futures_util::TryStreamExt as _;
use http::{HeaderMap, HeaderValue, Request};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _};
use tokio::sync::mpsc;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Result};

/// A channel as a stream.
mod channel {
    use futures_util::{Stream, stream};
    use tokio::sync::mpsc;

    pub(super) fn receiver<T>(receiver: mpsc::UnboundedReceiver<T>) -> impl Stream<Item = T> {
        stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) })
    }
}

/// Responds to each piece while it reads.
async fn echo(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut pieces = req.into_body();
    res.stream(move |mut body| async move {
        body.flush().await?;
        while let Some(piece) = pieces.chunk().await? {
            body.write(piece.to_ascii_uppercase()).await?;
        }
        Ok(())
    })
}

#[tokio::test]
async fn an_echo_responds_while_it_reads() {
    let address = serve(ApiRouter::new().route("/api/echo", echo)).await;

    let mut raw = Client::connect(address).await;
    raw.send("POST /api/echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").await;
    raw.until("\r\n\r\n").await;
    for _ in 0..3 {
        raw.send("5\r\nhello\r\n").await;
        assert_eq!(raw.until("HELLO\r\n").await, "5\r\nHELLO\r\n");
    }
    raw.send("0\r\n\r\n").await;
    assert_eq!(raw.until("0\r\n\r\n").await, "0\r\n\r\n");
    raw.send("POST /api/echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi").await;
    assert!(raw.until("0\r\n\r\n").await.ends_with("2\r\nHI\r\n0\r\n\r\n"), "the connection lives");

    let (mut client, _task) = http2(address).await;
    let (send, pieces) = mpsc::unbounded_channel::<Result<&str, BoxError>>();
    let request = Request::post("http://x/api/echo").body(Body::from_stream(receiver(pieces))).unwrap();
    let mut body = soon(client.send_request(request)).await.unwrap().into_body();
    for piece in ["hello", "world"] {
        send.send(Ok(piece)).unwrap();
        assert_eq!(data(&mut body).await.unwrap(), piece.to_uppercase());
    }
    drop(send);
    assert!(data(&mut body).await.is_none());
}

/// Reads the body in the way that the query says.
async fn read(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let how = req.query().get("how").unwrap_or_default().to_owned();
    let mut body = req.into_body();
    let mut text = String::new();
    match &*how {
        "stream" => {
            let pieces: Vec<Bytes> = body.into_stream().try_collect().await?;
            text = String::from_utf8(pieces.concat())?;
        }
        "reader" => _ = body.into_reader().read_to_string(&mut text).await?,
        "lines" => {
            let mut lines = body.into_reader().lines();
            while let Some(line) = lines.next_line().await? {
                text.extend([&line, "\n"]);
            }
        }
        "frames" => {
            while let Some(frame) = body.frame().await? {
                match frame.into_data() {
                    Ok(data) => text += std::str::from_utf8(&data)?,
                    Err(frame) => text += frame.trailers_ref().unwrap()["x-sum"].to_str()?,
                }
            }
        }
        "collect" => {
            text = String::from_utf8(body.collect().await?.to_bytes().into())?;
        }
        _ => return res.send("not read"),
    }
    res.send(text)
}

#[tokio::test]
async fn body_is_a_stream_reader_and_frames() {
    let address = serve(ApiRouter::new().route("/api/read", read)).await;
    let (mut client, _task) = http2(address).await;
    let cases = [
        ("stream", "one\ntwo\n"),
        ("reader", "one\ntwo\n"),
        ("lines", "one\ntwo\n"),
        ("collect", "one\ntwo\n"),
        ("frames", "one\ntwo\n42"),
        ("not", "not read"),
    ];
    for (how, text) in cases {
        let mut raw = Client::connect(address).await;
        raw.send(&format!(
            "POST /api/read?how={how} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n"
        ))
        .await;
        raw.send("2\r\non\r\n").await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        raw.send("6\r\ne\ntwo\n\r\n0\r\nx-sum: 42\r\n\r\n").await;
        assert_eq!(raw.response().await.text(), text, "{how}");

        let trailers =
            HeaderMap::from_iter([(http::HeaderName::from_static("x-sum"), HeaderValue::from_static("42"))]);
        let frames = [
            Ok::<_, BoxError>(Frame::data(Bytes::from("on"))),
            Ok(Frame::data(Bytes::from("e\ntwo\n"))),
            Ok(Frame::trailers(trailers)),
        ];
        let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
        let request = Request::post(format!("http://x/api/read?how={how}")).body(body).unwrap();
        let response = soon(client.send_request(request)).await.unwrap();
        assert_eq!(soon(response.into_body().collect()).await.unwrap().to_bytes(), text, "{how}");
    }
}

#[tokio::test]
async fn broken_upload_is_an_error() {
    async fn upload(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let ended: &mpsc::UnboundedSender<Result<usize, String>> = req.state()?;
        let ended = ended.clone();
        let mut body = req.into_body();
        let mut length = 0;
        loop {
            match body.chunk().await {
                Ok(Some(piece)) => length += piece.len(),
                Ok(None) => break ended.send(Ok(length))?,
                Err(error) => break ended.send(Err(error.to_string()))?,
            }
        }
        res.end()
    }
    let (send, mut ended) = mpsc::unbounded_channel::<Result<usize, String>>();
    let address = serve(ApiRouter::new().state(send).route("/api/upload", upload)).await;
    for head in ["content-length: 10\r\n\r\nhello", "transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n"] {
        let mut raw = Client::connect(address).await;
        raw.send(&format!("POST /api/upload HTTP/1.1\r\nhost: x\r\n{head}")).await;
        // The client has said all it will say.
        tokio::io::AsyncWriteExt::shutdown(&mut raw.stream).await.unwrap();
        let end = soon(ended.recv()).await.unwrap();
        assert!(end.is_err(), "{head}: {end:?}");
    }

    let (mut client, task) = http2(address).await;
    let pieces = [Ok("hello"), Err(BoxError::from("gone"))];
    let request =
        Request::post("http://x/api/upload").body(Body::from_stream(futures_util::stream::iter(pieces)));
    assert!(soon(client.send_request(request.unwrap())).await.is_err());
    let end = soon(ended.recv()).await.unwrap();
    assert!(end.is_err(), "HTTP/2: {end:?}");
    drop(task);
}

/// hyper asks for the rest only as it is read: a handler that does not read stops the client.
#[tokio::test]
async fn slow_handler_stops_the_client() {
    async fn slow(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let _body = req.into_body();
        tokio::time::sleep(Duration::from_millis(700)).await;
        res.end()
    }
    let address = serve(ApiRouter::new().route("/api/slow", slow)).await;
    let mut raw = Client::connect(address).await;
    raw.send("POST /api/slow HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\n\r\n").await;
    let mut sent = 0;
    let piece = vec![b'x'; 64 * 1024];
    while let Ok(written) = tokio::time::timeout(
        Duration::from_millis(300),
        tokio::io::AsyncWriteExt::write(&mut raw.stream, &piece),
    )
    .await
    {
        sent += written.unwrap();
        assert!(sent < 32 * 1024 * 1024, "the client was not stopped");
    }
    println!("the client was stopped after {} KiB", sent / 1024);
}
