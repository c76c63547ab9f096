//! Routes that respond, fail, panic, or never end.

use std::time::Duration;
use tower_api_routes::response::Responder;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, Error, HandlerExt as _, Result, RouteConfig,
};

pub(crate) async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("healthy")
}

/// Takes a moment.
async fn soon(_req: ApiRequest, res: ApiResponse) -> Result {
    tokio::time::sleep(Duration::from_millis(20)).await;
    res.send("soon")
}

pub(crate) async fn length(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.raw_body().len())
}

async fn read(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let (mut body, mut length) = (req.into_body(), 0);
    while let Some(chunk) = body.chunk().await? {
        length += chunk.len();
    }
    res.json(&length)
}

async fn panic_before(_req: ApiRequest, _res: ApiResponse) -> Result {
    panic!("before the head")
}

async fn panic_after(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body: BodyWriter| async move {
        body.write("a part").await?;
        panic!("after the head")
    })
}

async fn fail_after(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body: BodyWriter| async move {
        body.write("a part").await?;
        Err(Error::new(500, "after the head"))
    })
}

async fn never(_req: ApiRequest, _res: ApiResponse) -> Result {
    std::future::pending().await
}

async fn unread(_req: ApiRequest<Body>, _res: ApiResponse) -> Result {
    std::future::pending().await
}

async fn endless(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(|mut body: BodyWriter| async move {
        loop {
            body.write(vec![b'x'; 16 * 1024]).await?;
        }
    })
}

async fn text(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("x".repeat(1_000_000))
}

async fn bytes(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send(vec![b'x'; 1_000_000])
}

/// Switches to a protocol that says everything twice.
async fn upgrade(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut request = req.into_request();
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(stream) = upgrade.await else { return };
        let (mut reader, mut writer) = tokio::io::split(hyper_util::rt::TokioIo::new(stream));
        _ = tokio::io::copy(&mut reader, &mut writer).await;
    });
    let response = http::Response::builder().status(101).header("connection", "upgrade");
    res.forward(response.header("upgrade", "echo").body(Body::empty())?)
}

async fn dropped(_req: ApiRequest, res: ApiResponse) -> Result {
    let (responder, pending) = res.detach();
    tokio::spawn(async move { drop::<Responder>(responder) });
    Ok(pending)
}

async fn late(_req: ApiRequest, res: ApiResponse) -> Result {
    let (mut responder, pending) = res.detach();
    tokio::spawn(async move { responder.closed().await });
    Ok(pending)
}

/// A proxy whose upstream refuses, resets, stalls, and breaks off.
async fn proxy(req: ApiRequest, res: ApiResponse) -> Result {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let upstream = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = upstream.local_addr()?;
    let how = req.query().get("how").unwrap_or_default().to_owned();
    if how == "refuses" {
        drop(upstream);
    } else {
        tokio::spawn(async move {
            let Ok((mut stream, _)) = upstream.accept().await else { return };
            _ = stream.read(&mut [0; 1024]).await;
            match &*how {
                "resets" => _ = stream.set_zero_linger(),
                // Until the proxy gives up.
                "stalls" => _ = stream.read(&mut [0; 1024]).await,
                _ => _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na part").await,
            }
        });
    }
    let stream = hyper_util::rt::TokioIo::new(tokio::net::TcpStream::connect(address).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection);
    let request = http::Request::get("/").header("host", "x").body(Body::empty())?;
    res.forward(sender.send_request(request).await?)
}

pub(crate) fn api() -> ApiRouter {
    let short = RouteConfig::new().max_duration(Duration::from_millis(300));
    ApiRouter::new()
        .route("/api/healthy", healthy)
        .route("/api/soon", soon)
        .route("/api/length", length)
        .route("/api/read", read)
        .route("/api/panic-before", panic_before)
        .route("/api/panic-after", panic_after)
        .route("/api/fail-after", fail_after)
        .route("/api/never", never)
        .route("/api/unread", unread)
        .route("/api/never-held", never.config(short.clone()))
        .route("/api/endless", endless)
        .route("/api/text", text)
        .route("/api/bytes", bytes)
        .route("/api/upgrade", upgrade)
        .route("/api/dropped", dropped)
        .route("/api/late", late.config(RouteConfig::new().external_resolver(true)))
        .route("/api/proxy", proxy.config(short))
}
