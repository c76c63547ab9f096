//! What a writer can do: copying, cancelling, streams, trailers, other tasks.

use crate::common::net::{Client, http2, http2_get, serve_in_background as serve, soon};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::BodyExt as _;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt};
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, BoxError, Error, Result, handler,
};

/// The response of a stream, without a server.
async fn respond<F, Fut>(write: F) -> Response<Body>
where
    F: FnOnce(BodyWriter) -> Fut + Send + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let write = Arc::new(Mutex::new(Some(write)));
    let route = handler(move |_: ApiRequest, res| {
        let write = write.lock().unwrap().take().unwrap();
        async move { res.stream(write) }
    });
    let api = ApiRouter::new().route("/", route);
    soon(api.oneshot(Request::new(Body::empty()))).await.unwrap()
}

/// The chunks of a stream, as they arrive.
async fn chunks<F, Fut>(write: F) -> Vec<Bytes>
where
    F: FnOnce(BodyWriter) -> Fut + Send + 'static,
    Fut: Future<Output = Result<()>> + Send + 'static,
{
    let mut body = respond(write).await.into_body();
    let mut chunks = Vec::new();
    while let Some(chunk) = soon(body.chunk()).await.unwrap() {
        chunks.push(chunk);
    }
    chunks
}

#[tokio::test]
async fn chunks_arrive_as_they_were_written() {
    let seen = chunks(|mut body| async move {
        body.write("static").await?;
        body.write(String::from("owned")).await?;
        body.write("").await?;
        body.flush().await?;
        body.write(vec![0, 255]).await?;
        Ok(())
    });
    assert_eq!(seen.await, [&b"static"[..], b"owned", &[0, 255]], "an empty chunk is no frame");
}

#[tokio::test]
async fn a_writer_takes_a_reader_by_copy() {
    let data: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    let source = data.clone();
    let seen = chunks(move |mut body| async move {
        let copied = tokio::io::copy(&mut source.as_slice(), &mut body).await?;
        assert_eq!(copied, source.len() as u64);
        // In pieces of 64 KiB, however much is given at once.
        assert_eq!(AsyncWriteExt::write(&mut body, &source[..100_000]).await?, 64 * 1024);
        AsyncWriteExt::write_all(&mut body, &source[64 * 1024..100_000]).await?;
        AsyncWriteExt::write_all(&mut body, &source).await?;
        assert_eq!(AsyncWriteExt::write(&mut body, b"").await?, 0);
        AsyncWriteExt::flush(&mut body).await?;
        AsyncWriteExt::write_all(&mut body, b"not flushed").await?;
        Ok(())
    });
    let seen = seen.await;
    assert!(seen.iter().all(|chunk| !chunk.is_empty() && chunk.len() <= 64 * 1024));
    assert_eq!(seen.concat(), [&data[..], &data[..100_000], &data, b"not flushed"].concat());
}

#[tokio::test]
async fn writer_beside_its_reader_is_woken() {
    for inside in ["", "a"] {
        let (give, take) = tokio::sync::oneshot::channel();
        let read = chunks(move |mut writer| async move {
            if !inside.is_empty() {
                writer.write(inside).await?;
            }
            give.send(writer).map_err(|_| Error::new(500, "nobody takes it"))
        });
        let write = async {
            let mut writer = take.await.unwrap();
            writer.write("b").await.unwrap();
            writer.write("c").await.unwrap();
        };
        let (seen, ()) = soon(async { tokio::join!(read, write) }).await;
        assert_eq!(seen.concat(), format!("{inside}bc").as_bytes());
    }
}

#[tokio::test]
async fn flush_sends_the_head() {
    let seen = chunks(|body| async move {
        let mut body = tokio::io::BufWriter::new(body);
        body.write_all(b"a").await?;
        body.write_all(b"b").await?;
        body.flush().await?;
        body.write_all(b"c").await?;
        body.shutdown().await?;
        Ok(())
    });
    assert_eq!(seen.await, ["ab", "c"]);
}

/// Polls a write once and drops it.
async fn cancelled(body: &mut BodyWriter, chunk: &'static str) {
    let mut write = pin!(body.write(chunk));
    poll_fn(|cx| {
        assert!(write.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

#[tokio::test]
async fn cancelled_write_is_whole_or_absent() {
    let seen = chunks(|mut body| async move {
        cancelled(&mut body, "in the slot").await;
        cancelled(&mut body, "no room for it").await;
        body.write("next").await?;
        tokio::select! {
            biased;
            () = tokio::time::sleep(Duration::from_millis(1)) => {}
            written = body.write("a race") => written?,
        }
        cancelled(&mut body, "last").await;
        Ok(())
    });
    assert_eq!(seen.await, ["in the slot", "next", "a race", "last"]);
}

#[tokio::test]
async fn stream_is_written_to_end_or_failure() {
    let mut body = respond(|mut body| async move {
        body.write_stream(futures_util::stream::iter(["a", "b"].map(Ok::<_, BoxError>))).await?;
        body.write_stream(futures_util::stream::iter([Ok("c"), Err(BoxError::from("gone"))])).await
    })
    .await
    .into_body();
    for chunk in ["a", "b", "c"] {
        assert_eq!(soon(body.chunk()).await.unwrap().unwrap(), chunk);
    }
    assert_eq!(soon(body.chunk()).await.unwrap_err().into_inner().to_string(), "gone");
    assert!(soon(body.chunk()).await.unwrap().is_none(), "nothing follows an error");
}

async fn with_trailers(req: ApiRequest, res: ApiResponse) -> Result {
    let fail = req.query().get("fail").is_some();
    res.set_header("trailer", "x-sum, x-rows").stream(move |mut body| async move {
        let named = |name, value| (http::HeaderName::from_static(name), HeaderValue::from_static(value));
        body.add_trailers(HeaderMap::from_iter([
            named("x-sum", "42"),
            named("x-rows", "2"),
            named("x-unnamed", "1"),
        ]));
        body.write("data").await?;
        if fail { Err(Error::new(500, "broken")) } else { Ok(()) }
    })
}

#[tokio::test]
async fn trailers_go_out_at_the_end() {
    let address = serve(ApiRouter::new().route("/api/trailers", with_trailers)).await;
    let cases = [
        ("te: trailers\r\n", "", "4\r\ndata\r\n0\r\nx-sum: 42\r\nx-rows: 2\r\n\r\n"),
        ("", "", "4\r\ndata\r\n0\r\n\r\n"),
        ("te: trailers\r\n", "?fail", "4\r\ndata\r\n"),
    ];
    for (header, query, body) in cases {
        let mut raw = Client::connect(address).await;
        let head =
            format!("GET /api/trailers{query} HTTP/1.1\r\nhost: x\r\n{header}connection: close\r\n\r\n");
        raw.send(&head).await;
        raw.until("\r\n\r\n").await;
        assert_eq!(raw.rest().await, body, "{header}{query}");
    }

    let (mut client, _task) = http2(address).await;
    let body = soon(http2_get(&mut client, "/api/trailers").await.into_body().collect()).await.unwrap();
    let trailers = body.trailers().unwrap();
    assert_eq!(
        (&trailers["x-sum"], &trailers["x-rows"], &trailers["x-unnamed"]),
        (&HeaderValue::from_static("42"), &HeaderValue::from_static("2"), &HeaderValue::from_static("1"))
    );
    assert_eq!(body.to_bytes(), "data");

    // Trailers alone still are a stream.
    let body = respond(|mut body| async move {
        body.add_trailers(HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static("x"))]));
        Ok(())
    });
    let body = soon(body.await.into_body().collect()).await.unwrap();
    assert_eq!(body.trailers().unwrap()["etag"], "x");
}

#[tokio::test]
async fn writer_elsewhere_in_one_task_is_woken() {
    let (send, writer) = tokio::sync::oneshot::channel();
    let mut body = pin!(respond(|body| async move {
        _ = send.send(body);
        // The future stays, and never writes.
        pending().await
    }));
    let mut writing = pin!(async {
        let mut writer = writer.await.unwrap();
        for chunk in ["1", "2", "3"] {
            writer.write(chunk).await.unwrap();
        }
    });
    let response = soon(async {
        tokio::select! {
            biased;
            response = body.as_mut() => response,
            () = writing.as_mut() => panic!("nobody reads"),
        }
    });
    let mut body = response.await.into_body();
    // Each poll of this task first polls the writer, then the body: whoever takes a chunk must wake the writer again.
    let reading = async {
        let mut seen = Vec::new();
        while seen.len() < 3 {
            seen.push(body.chunk().await.unwrap().unwrap());
        }
        seen
    };
    let ((), seen) = soon(async { tokio::join!(biased; writing, reading) }).await;
    assert_eq!(seen, ["1", "2", "3"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_chunk_is_lost_between_threads() {
    for round in 0..300_usize {
        let body = respond(move |mut body| async move {
            tokio::spawn(async move {
                for i in 0..round % 20 {
                    if i % 3 == 0 {
                        tokio::task::yield_now().await;
                    }
                    body.write(vec![b'x'; 10]).await.unwrap();
                }
            });
            if round % 2 == 0 {
                tokio::task::yield_now().await;
            }
            Ok(())
        });
        let body = soon(body.await.into_body().collect()).await.unwrap();
        assert_eq!(body.to_bytes().len(), round % 20 * 10, "round {round}");
    }
}

#[tokio::test]
async fn writer_without_reader_has_broken_pipe() {
    let (send, writer) = tokio::sync::oneshot::channel();
    let body = respond(|mut body| async move {
        body.write("begun").await?;
        _ = send.send(body);
        pending().await
    });
    let mut body = body.await.into_body();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "begun");
    let once = tokio::time::timeout(Duration::from_millis(1), body.chunk()).await;
    assert!(once.is_err(), "the writer has left the future");
    let mut writer = writer.await.unwrap();
    assert!(!writer.is_closed());
    AsyncWriteExt::write_all(&mut writer, b"never read").await.unwrap();
    drop(body);
    let kind = std::io::ErrorKind::BrokenPipe;
    assert_eq!(AsyncWriteExt::flush(&mut writer).await.unwrap_err().kind(), kind);
    assert_eq!(AsyncWriteExt::write(&mut writer, b"x").await.unwrap_err().kind(), kind);
    assert_eq!(writer.shutdown().await.unwrap_err().kind(), kind);
    assert!(writer.is_closed());
}

#[tokio::test]
async fn a_detached_response_can_stream() {
    async fn later(_req: ApiRequest, res: ApiResponse) -> Result {
        let (responder, pending) = res.detach();
        tokio::spawn(async move {
            responder.respond(|res| res.stream(|mut body| async move { Ok(body.write("later").await?) }))
        });
        Ok(pending)
    }
    let response =
        soon(ApiRouter::new().route("/", later).oneshot(Request::new(Body::empty()))).await.unwrap();
    let mut text = String::new();
    response.into_body().into_reader().read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "later");
}
