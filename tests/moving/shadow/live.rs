//! The live response is the same with and without a shadow, and what a proxy has handled is not sent twice.

use super::{numbers, settled};
use crate::support::{Origin, Reply, by_hand, front, full, get, read};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::time::Duration;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, Result, RouteConfig, ShadowLayer, methods,
};

async fn stream(_req: ApiRequest, res: ApiResponse) -> Result {
    res.stream(async |mut body| {
        body.write("one").await?;
        body.write("two").await?;
        Ok(())
    })
}

async fn text(_req: ApiRequest, res: ApiResponse) -> Result {
    res.cookie(("a", "1")).send("hello")
}

async fn json(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&[1, 2, 3])
}

async fn empty(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(204).end()
}

async fn fails(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(tower_api_routes::Error::new(418, "no"))
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/stream", stream)
        .route("/api/text", text)
        .route("/api/json", json)
        .route("/api/empty", empty)
        .route("/api/fails", fails)
        .route(
            "/api/echo",
            methods()
                .post(|req: ApiRequest<String>, res: ApiResponse| async move { res.send(req.into_body()) }),
        )
}

/// A response without its date.
fn dateless(text: &str) -> String {
    text.split_inclusive("\r\n").filter(|line| !line.starts_with("date:")).collect()
}

#[tokio::test]
async fn a_shadow_never_changes_the_live_response() {
    let old = Origin::start(|_, _| Reply::ok("another")).await;
    let shadow =
        ShadowLayer::new(old.proxy()).methods([Method::GET, Method::HEAD, Method::POST, Method::OPTIONS]);
    let (with, without) = (front(shadow.layer(api())).await, front(api()).await);
    let paths = ["stream", "text", "json", "empty", "fails", "echo", "none", "text/"];
    for path in paths {
        for method in ["GET", "HEAD", "POST", "OPTIONS"] {
            for body in ["", "content-length: 5\r\ncontent-type: text/plain\r\n\r\nhello"] {
                let end = if body.is_empty() { "\r\n" } else { "" };
                let request =
                    format!("{method} /api/{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{body}{end}");
                let (with, without) = (with.ask(&request).await, without.ask(&request).await);
                assert_eq!(dateless(&with), dateless(&without), "{request}");
            }
            let request =
                || Request::builder().method(method).uri(format!("/api/{path}")).body(Body::empty()).unwrap();
            let (with, without) =
                (with.request(true, request()).await, without.request(true, request()).await);
            let head = |response: &Response<_>| {
                let mut headers = response.headers().clone();
                headers.remove("date");
                (response.status(), headers)
            };
            assert_eq!(head(&with), head(&without), "HTTP/2: {method} {path}");
            assert_eq!(read(with).await, read(without).await, "HTTP/2: {method} {path}");
        }
    }
}

#[tokio::test]
async fn unfinished_requests_hold_no_place() {
    let old = Origin::start(|_, _| Reply::ok("hello")).await;
    let shadow = ShadowLayer::new(old.proxy());
    let front = front(shadow.layer(api())).await;
    let mut open = Vec::new();
    for _ in 0..16 {
        open.push(front.open("GET /api/text HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nab").await);
    }
    for _ in 0..50 {
        front.get("/api/text").await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let counts = settled(&shadow, 50).await;
    assert_eq!(counts.iter().sum::<u64>() - counts[2], 50, "{counts:?}");
    // A client that gives up is not compared.
    drop(open);
    assert_eq!(settled(&shadow, 66).await[2], 16);
}

#[tokio::test]
async fn an_endless_stream_gives_its_place_back() {
    let old = Origin::start(|_, _| Reply::ok("hello")).await;
    let limit = Duration::from_millis(300);
    let shadow = ShadowLayer::new(old.proxy()).max_in_flight(1).timeout(limit);
    let (sender, body) = by_hand();
    let body = std::sync::Arc::new(std::sync::Mutex::new(Some(body)));
    let inner = service_fn(move |_: Request<Body>| {
        let body = body.lock().unwrap().take().unwrap_or_else(|| full("hello"));
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let service = shadow.layer(inner);
    let endless = service.clone().oneshot(get("/")).await.unwrap();
    sender.send(Bytes::from("x")).await.unwrap();
    // The one place is taken.
    read(service.clone().oneshot(get("/")).await.unwrap()).await;
    assert_eq!(numbers(shadow.counts()), [0, 0, 1, 0]);
    assert_eq!(settled(&shadow, 2).await, [0, 0, 2, 0], "the stream is given up");
    read(service.oneshot(get("/")).await.unwrap()).await;
    assert_eq!(settled(&shadow, 3).await, [1, 0, 2, 0], "the place is free again");
    drop((endless, sender));
}

#[tokio::test]
async fn an_upgrade_is_never_copied() {
    let old = Origin::start(|_, _| Reply::ok("hello")).await;
    let shadow = ShadowLayer::new(old.proxy());
    let front = front(shadow.layer(api())).await;
    front
        .ask("GET /api/text HTTP/1.1\r\nhost: a\r\nconnection: upgrade, close\r\nupgrade: websocket\r\n\r\n")
        .await;
    front.get("/api/text").await;
    // Copies are sent in the order of the responses, so that of the upgrade would be there.
    settled(&shadow, 1).await;
    let requests = old.requests();
    assert!(requests.len() == 1 && !requests[0].contains("upgrade"), "{requests:?}");
    assert_eq!(shadow.counts().different, 1);
}

#[tokio::test]
async fn the_body_of_a_copy_is_bounded() {
    let old = Origin::start(|_, _| Reply::ok("hello")).await;
    let shadow = ShadowLayer::new(old.proxy()).methods([Method::POST]).body_limit("1kb");
    let echo = methods().post(
        (|req: ApiRequest<String>, res: ApiResponse| async move { res.send(req.into_body()) })
            .config(RouteConfig::new().size_limit("1mb")),
    );
    let front = front(shadow.layer(ApiRouter::new().route("/api/echo", echo))).await;
    for (size, copies) in [(1024, 1), (1025, 1), (100_000, 1), (1024, 2)] {
        let body = "x".repeat(size);
        let head = format!(
            "POST /api/echo HTTP/1.1\r\nhost: a\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n"
        );
        let response = front.ask(format!("{head}{body}")).await;
        assert!(response.ends_with(&body));
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(old.requests().len(), copies, "{size}");
    }
    assert_eq!(shadow.counts().skipped, 2);
}

#[tokio::test]
async fn proxied_responses_are_not_compared_with_themselves() {
    // The two snippets of the guide, together.
    let old = Origin::start(|_, _| Reply::ok("hello")).await;
    let api = api().fallback(old.proxy());
    let shadow = ShadowLayer::new(old.proxy());
    let front = front(shadow.layer(api)).await;
    for path in ["/api/old", "/page"] {
        assert!(front.get(path).await.ends_with("hello"));
    }
    front.get("/api/text").await;
    settled(&shadow, 1).await;
    assert_eq!(old.requests().len(), 3, "Next.js is asked once for each");
    assert_eq!((numbers(shadow.counts()), shadow.counts().proxied), ([0, 1, 0, 0], 2));
}

#[tokio::test]
async fn proxied_shadow_responses_are_not_compared() {
    // The other way round: the old server is live, and the new one leaves a path to it.
    let old = Origin::start(|_, _| Reply::ok("hello")).await;
    let shadow = ShadowLayer::new(api().fallback(old.proxy()));
    let front = front(shadow.layer(old.proxy())).await;
    front.get("/page").await;
    front.get("/api/text").await;
    settled(&shadow, 1).await;
    let start = std::time::Instant::now();
    while shadow.counts().proxied == 0 && start.elapsed() < Duration::from_secs(10) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((numbers(shadow.counts()), shadow.counts().proxied), ([0, 1, 0, 0], 1));
    // Another server's responses are compared.
    let other = Origin::start(|_, _| Reply::ok("hello")).await;
    let shadow = ShadowLayer::new(other.proxy());
    read(shadow.layer(old.proxy()).oneshot(get("/page")).await.unwrap()).await;
    assert_eq!(settled(&shadow, 1).await, [1, 0, 0, 0]);
}

#[tokio::test]
async fn bodies_keep_their_length() {
    let sized = |text: &'static str| Body::new(http_body_util::Full::new(Bytes::from(text)));
    let length = |body: &Body| http_body::Body::size_hint(body).exact();
    let echo = service_fn(move |request: Request<Body>| async move {
        assert_eq!(length(request.body()), Some(5));
        request.into_body().collect().await.unwrap();
        Ok::<_, Infallible>(Response::new(sized("response")))
    });
    let service = ShadowLayer::new(echo).methods([Method::POST]).layer(echo);
    let response = service.oneshot(Request::post("/").body(sized("hello")).unwrap()).await.unwrap();
    assert_eq!(length(response.body()), Some(8));
    assert_eq!(read(response).await.1, "response");
}
