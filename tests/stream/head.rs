//! Streams over real sockets: when the head goes out, and what becomes of an error before and after it.

use crate::common::net::{Client, data, http2, http2_get, serve_in_background as serve, soon};
use crate::dropped::Dropped;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, BodyWriter, Error, HandlerExt as _, Result, RouteConfig, handler,
};

type Handled = std::pin::Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A route that streams, by what its writer does.
fn route(
    api: ApiRouter,
    path: &str,
    write: impl Fn(BodyWriter) -> Handled + Clone + Send + Sync + 'static,
) -> ApiRouter {
    api.route(
        path,
        handler(move |_: ApiRequest, res| {
            let write = write.clone();
            async move { res.stream(write) }
        }),
    )
}

#[tokio::test]
async fn the_first_chunk_arrives_before_the_handler_ends() {
    let go = Arc::new(Notify::new());
    let wait = Arc::clone(&go);
    let api = route(ApiRouter::new(), "/api/two", move |mut body| {
        let wait = Arc::clone(&wait);
        Box::pin(async move {
            body.flush().await?;
            wait.notified().await;
            body.write("first").await?;
            wait.notified().await;
            Ok(body.write("second").await?)
        })
    });
    let address = serve(api).await;

    let mut raw = Client::get(address, "/api/two").await;
    let head = raw.until("\r\n\r\n").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("transfer-encoding: chunked"), "{head}");
    go.notify_one();
    assert_eq!(raw.until("first\r\n").await, "5\r\nfirst\r\n");
    go.notify_one();
    assert_eq!(raw.until("0\r\n\r\n").await, "6\r\nsecond\r\n0\r\n\r\n");

    let (mut client, _task) = http2(address).await;
    let response = http2_get(&mut client, "/api/two").await;
    let mut body = response.into_body();
    go.notify_one();
    assert_eq!(data(&mut body).await.unwrap(), "first", "a flush is no frame");
    go.notify_one();
    assert_eq!(data(&mut body).await.unwrap(), "second");
    assert!(data(&mut body).await.is_none());
}

fn failing() -> ApiRouter {
    let api = ApiRouter::new();
    let api = route(api, "/api/error", |_| Box::pin(async { Err(std::io::Error::other("secret").into()) }));
    let api = route(api, "/api/404", |_| Box::pin(async { Err(Error::new(404, "no such post")) }));
    let api = route(api, "/api/panic", |_| Box::pin(async { panic!("secret") }));
    let api = route(api, "/api/early-panic", |_| panic!("secret"));
    route(api, "/api/unflushed", |mut body| {
        Box::pin(async move {
            body.write_all(b"not out yet").await?;
            Err(Error::new(409, "taken"))
        })
    })
}

const FAILURES: &[(&str, u16, &str)] = &[
    ("/api/error", 500, "Internal Server Error"),
    ("/api/404", 404, "no such post"),
    ("/api/panic", 500, "Internal Server Error"),
    ("/api/early-panic", 500, "Internal Server Error"),
    ("/api/unflushed", 409, "taken"),
];

#[tokio::test]
async fn error_before_the_head_keeps_the_connection() {
    let address = serve(failing()).await;
    let mut raw = Client::connect(address).await;
    let (mut client, _task) = http2(address).await;
    for (path, status, body) in FAILURES {
        raw.send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        let (head, text) = raw.response().await.into_text();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {head}");
        assert_eq!(text, *body, "{path}");

        let response = http2_get(&mut client, path).await;
        assert_eq!(response.status(), *status, "{path}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), *body, "{path}");
    }
}

fn breaking_off() -> ApiRouter {
    let after = |end: fn() -> Result<()>| {
        move |mut body: BodyWriter| -> Handled {
            Box::pin(async move {
                body.write("partial").await?;
                end()
            })
        }
    };
    let api = route(ApiRouter::new(), "/api/error", after(|| Err(std::io::Error::other("secret").into())));
    let api = route(api, "/api/404", after(|| Err(Error::new(404, "too late"))));
    let api = route(api, "/api/panic", after(|| panic!("secret")));
    route(api, "/api/after-flush", |mut body| {
        Box::pin(async move {
            body.flush().await?;
            Err(Error::new(404, "too late"))
        })
    })
}

#[tokio::test]
async fn error_after_the_head_breaks_the_stream() {
    let address = serve(breaking_off()).await;
    let paths = [
        ("/api/error", "partial"),
        ("/api/404", "partial"),
        ("/api/panic", "partial"),
        ("/api/after-flush", ""),
    ];
    for (path, partial) in paths {
        let mut raw = Client::get(address, path).await;
        let head = raw.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
        let chunk = if partial.is_empty() { String::new() } else { format!("7\r\n{partial}\r\n") };
        assert_eq!(raw.rest().await, chunk, "{path}: what was written, and no last chunk");

        let (mut client, _task) = http2(address).await;
        let mut body = http2_get(&mut client, path).await.into_body();
        if !partial.is_empty() {
            assert_eq!(data(&mut body).await.unwrap(), partial, "{path}");
        }
        let end = soon(body.frame()).await.expect("an end that is no end").unwrap_err();
        assert!(format!("{end:?}").contains("INTERNAL_ERROR"), "{path}: {end:?}");
        assert_eq!(http2_get(&mut client, "/api/none").await.status(), 404, "{path}: the connection lives");
    }
}

#[tokio::test]
async fn a_stream_of_a_known_length_says_it() {
    let api = ApiRouter::new()
        .route("/api/none", handler(|_: ApiRequest, res| async move { res.stream(|_| async { Ok(()) }) }))
        .route(
            "/api/flushed",
            handler(|_: ApiRequest, res| async move {
                res.stream(|mut body| async move { Ok(body.flush().await?) })
            }),
        )
        .route(
            "/api/sized",
            handler(|_: ApiRequest, res| async move {
                res.set_header("content-length", 6).stream(|mut body| async move {
                    body.write("abc").await?;
                    Ok(body.write("def").await?)
                })
            }),
        );
    let address = serve(api).await;
    let cases = [
        ("/api/none", "content-length: 0\r\n", ""),
        ("/api/flushed", "transfer-encoding: chunked\r\n", "0\r\n\r\n"),
        ("/api/sized", "content-length: 6\r\n", "abcdef"),
    ];
    for (path, header, body) in cases {
        let mut raw = Client::connect(address).await;
        raw.send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
        let head = raw.until("\r\n\r\n").await;
        assert!(head.contains(header), "{path}: {head}");
        assert_eq!(raw.rest().await, body, "{path}");
    }
}

#[tokio::test]
async fn head_204_304_drop_the_writer() {
    let dropped: Vec<Dropped> = (0..3).map(|_| Dropped::default()).collect();
    let mut api = ApiRouter::new();
    for (status, dropped) in [200_u16, 204, 304].into_iter().zip(&dropped) {
        let dropped = dropped.clone();
        api = api.route(
            &format!("/api/{status}"),
            handler(move |_: ApiRequest, res| {
                let guard = dropped.guard();
                async move {
                    res.status(status).stream(move |mut body| async move {
                        let _guard = guard;
                        loop {
                            body.write("never seen").await?;
                        }
                    })
                }
            }),
        );
    }
    let address = serve(api).await;
    let mut raw = Client::connect(address).await;
    for ((method, status), dropped) in [("HEAD", 200), ("GET", 204), ("GET", 304)].iter().zip(&dropped) {
        raw.send(&format!("{method} /api/{status} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        let head = raw.until("\r\n\r\n").await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(!head.contains("content-length") && !head.contains("transfer-encoding"), "{head}");
        soon(dropped.wait()).await;
    }
    raw.send("GET /api/none HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let head = raw.response().await.head;
    assert!(head.starts_with("HTTP/1.1 404"), "nothing of a body stood between: {head}");

    let (mut client, _task) = http2(address).await;
    for status in [204, 304] {
        let response = http2_get(&mut client, &format!("/api/{status}")).await;
        assert_eq!(response.status(), status);
        assert!(response.into_body().collect().await.unwrap().to_bytes().is_empty());
    }
}

#[tokio::test]
async fn max_duration_is_504_or_ends_stream() {
    async fn stream(req: ApiRequest, res: ApiResponse) -> Result {
        let dropped: &Dropped = req.state()?;
        let (guard, flush) = (dropped.guard(), req.query().get("flush").is_some());
        res.stream(move |mut body| async move {
            let _guard = guard;
            if flush {
                body.write("begun").await?;
            }
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        })
    }
    let limit = Duration::from_millis(200);
    let (short, long) = (RouteConfig::new().max_duration(limit), RouteConfig::new().max_duration_secs(60));
    let cases = [
        ("", short.clone(), RouteConfig::new()),
        ("?flush", short.clone(), RouteConfig::new()),
        ("?flush", long, short),
    ];
    for (query, of_the_router, own) in cases {
        let dropped = Dropped::default();
        let api = ApiRouter::new()
            .state(dropped.clone())
            .config(of_the_router)
            .route("/api/slow", stream.config(own));
        let address = serve(api).await;
        let started = Instant::now();
        let mut raw = Client::get(address, &format!("/api/slow{query}")).await;
        if query.is_empty() {
            let (head, body) = raw.response().await.into_text();
            assert!(head.starts_with("HTTP/1.1 504 Gateway Timeout\r\n"), "{head}");
            assert_eq!(body, "Gateway Timeout");
        } else {
            assert!(raw.until("\r\n\r\n").await.starts_with("HTTP/1.1 200 OK\r\n"));
            assert_eq!(raw.rest().await, "5\r\nbegun\r\n", "no last chunk");
        }
        assert!(dropped.is_dropped(), "the writer was dropped with it");
        assert!(started.elapsed() >= limit, "{:?}", started.elapsed());
    }
}
