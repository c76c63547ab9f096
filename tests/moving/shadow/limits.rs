//! The shadow never delays or changes the response, and has limits.

use super::{noted, settled};
use crate::support::{Origin, Reply, by_hand, front, full, get, read};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result, ShadowLayer};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("hello")
}

fn api() -> ApiRouter {
    ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/length", |req: ApiRequest<String>, res: ApiResponse| async move {
            res.json(&req.into_body().len())
        })
}

#[tokio::test]
async fn a_slow_shadow_delays_nothing() {
    let origin = Origin::start(|_, _| Reply::Hang).await;
    let shadow = ShadowLayer::new(origin.proxy()).timeout(Duration::from_millis(500));
    let with = front(shadow.layer(api())).await;
    let without = front(api()).await;
    let start = Instant::now();
    for request in ["GET /api/hello", "HEAD /api/hello", "GET /api/none", "GET /api/hello/"] {
        let request = format!("{request} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let (with, without) = (with.ask(&request).await, without.ask(&request).await);
        assert_eq!(crate::support::head(&with), crate::support::head(&without));
        assert_eq!(with.split("\r\n\r\n").nth(1), without.split("\r\n\r\n").nth(1));
    }
    assert!(start.elapsed() < Duration::from_millis(400), "{:?}", start.elapsed());
    assert_eq!(settled(&shadow, 4).await, [0, 0, 0, 4]);
}

#[tokio::test]
async fn no_more_copies_are_in_flight_than_allowed() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counter, highest) = (Arc::clone(&now), Arc::clone(&most));
    let slow = service_fn(move |_: Request<Body>| {
        let (now, most) = (Arc::clone(&counter), Arc::clone(&highest));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(200)).await;
            now.fetch_sub(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Response::new(Body::from("hello")))
        }
    });
    let shadow = ShadowLayer::new(slow).max_in_flight(3);
    let service = shadow.layer(api());
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    for _ in 0..100 {
        read(service.clone().oneshot(get("/api/hello")).await.unwrap()).await;
        assert!(tasks() <= before + 3, "nothing is spawned beyond the limit");
    }
    let [_, _, skipped, _] = settled(&shadow, 100).await;
    assert_eq!((most.load(Ordering::SeqCst), skipped), (3, 97));
    // The places are free again.
    read(service.oneshot(get("/api/hello")).await.unwrap()).await;
    assert_eq!(settled(&shadow, 101).await[2], 97);
}

#[tokio::test]
async fn a_long_body_is_not_kept() {
    let length = |body: Body| async move { body.collect().await.unwrap().to_bytes().len() };
    let echo = service_fn(move |request: Request<Body>| async move {
        let length = length(request.into_body()).await;
        Ok::<_, Infallible>(Response::new(Body::from(vec![b'x'; length])))
    });
    // The inner service reads the whole body but for `/unread`.
    let inner = service_fn(move |request: Request<Body>| async move {
        if request.uri().path() == "/unread" {
            return Ok::<_, Infallible>(Response::new(Body::from("no")));
        }
        let length = length(request.into_body()).await;
        Ok(Response::new(Body::from(vec![b'x'; length])))
    });
    let streamed = |size: usize| {
        let pieces = [vec![b'x'; size - 1], vec![b'x']]
            .map(|piece| Ok::<_, tower_api_routes::BoxError>(Bytes::from(piece)));
        Body::from_stream(futures_util::stream::iter(pieces))
    };
    let layer = || ShadowLayer::new(echo).methods([Method::POST]);
    for (layer, limit) in [(layer(), 1 << 20), (layer().body_limit("1kb"), 1024)] {
        let (shadow, reports) = noted(layer);
        let service = shadow.layer(inner);
        let cases = [
            ("/", streamed(limit), limit, [1, 0, 0, 0]),
            ("/", Body::from(vec![b'x'; limit]), limit, [2, 0, 0, 0]),
            ("/", streamed(limit + 1), limit + 1, [2, 0, 1, 0]),
            ("/", Body::from(vec![b'x'; limit + 1]), limit + 1, [2, 0, 2, 0]),
            ("/unread", streamed(10), 2, [2, 0, 3, 0]),
        ];
        for (number, (path, body, size, counts)) in cases.into_iter().enumerate() {
            let response = service.clone().oneshot(Request::post(path).body(body).unwrap()).await.unwrap();
            assert_eq!(read(response).await.1.len(), size, "{limit}, {number}");
            assert_eq!(settled(&shadow, number as u64 + 1).await, counts, "{limit}, {number}");
        }
        assert_eq!(reports.lock().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn shadowed_stream_is_sent_piece_by_piece() {
    let shadow = ShadowLayer::new(service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(full("one, two")))
    }));
    let (sender, body) = by_hand();
    let body = std::sync::Mutex::new(Some(body));
    let inner = service_fn(move |_: Request<Body>| {
        let body = body.lock().unwrap().take().unwrap();
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let response = shadow.layer(inner).oneshot(get("/")).await.unwrap();
    let mut body = response.into_body();
    for text in ["one, ", "two"] {
        sender.send(Bytes::from(text)).await.unwrap();
        assert_eq!(body.chunk().await.unwrap().unwrap(), text);
        assert_eq!(shadow.counts().equal, 0);
    }
    drop(sender);
    assert!(body.chunk().await.unwrap().is_none());
    assert_eq!(settled(&shadow, 1).await, [1, 0, 0, 0]);
}

type Make = fn() -> Response<Body>;

#[tokio::test]
async fn end_of_body_is_always_seen() {
    // hyper does not ask for the end of a body whose length it knows.
    let bodies: [(&str, Make); 4] = [
        ("in memory", || Response::new(Body::from("hello"))),
        ("of a known length", || Response::new(full("hello"))),
        ("with a length in the head", || {
            let mut response = Response::new(pieces());
            response.headers_mut().insert("content-length", 5.into());
            response
        }),
        ("in chunks", || Response::new(pieces())),
    ];
    for (what, response) in bodies {
        let shadow = ShadowLayer::new(service_fn(|_: Request<Body>| async {
            Ok::<_, Infallible>(Response::new(full("hello")))
        }));
        let inner = service_fn(move |_: Request<Body>| async move { Ok::<_, Infallible>(response()) });
        let front = front(shadow.layer(inner)).await;
        for http2 in [false, true] {
            assert_eq!(read(front.request(http2, get("/")).await).await, (200, "hello".into()), "{what}");
        }
        assert_eq!(settled(&shadow, 2).await, [2, 0, 0, 0], "{what}");
    }
}

fn pieces() -> Body {
    Body::from_stream(futures_util::stream::iter(["hel", "lo"].map(Ok::<_, tower_api_routes::BoxError>)))
}

#[tokio::test]
async fn a_client_that_leaves_is_no_difference() {
    let shadow = ShadowLayer::new(service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(full("hello")))
    }));
    // Before the head.
    let never = shadow
        .layer(service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>()));
    assert!(tokio::time::timeout(Duration::from_millis(50), never.oneshot(get("/"))).await.is_err());
    assert_eq!(settled(&shadow, 1).await, [0, 0, 1, 0]);
    // Within the body.
    let (sender, body) = by_hand();
    let body = std::sync::Mutex::new(Some(body));
    let inner = shadow.layer(service_fn(move |_: Request<Body>| {
        let body = body.lock().unwrap().take().unwrap();
        async { Ok::<_, Infallible>(Response::new(body)) }
    }));
    let response = inner.oneshot(get("/")).await.unwrap();
    sender.send(Bytes::from("hel")).await.unwrap();
    let mut body = response.into_body();
    body.chunk().await.unwrap();
    drop(body);
    assert_eq!(settled(&shadow, 2).await, [0, 0, 2, 0]);
}

#[tokio::test]
async fn the_inner_services_error_is_passed_on() {
    let shadow = ShadowLayer::new(service_fn(|_: Request<Body>| async {
        Ok::<_, Infallible>(Response::new(full("hello")))
    }));
    let fails =
        service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>(std::io::Error::other("inner")) });
    let error = shadow.layer(fails).oneshot(get("/")).await.unwrap_err();
    assert_eq!(error.to_string(), "inner");
    assert_eq!(settled(&shadow, 1).await, [0, 0, 1, 0]);
}

/// A body of these pieces.
fn streamed(pieces: &[Result<&'static str, &'static str>]) -> Body {
    let pieces: Vec<_> = pieces.iter().map(|piece| piece.map_err(tower_api_routes::BoxError::from)).collect();
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test]
async fn only_whole_bodies_within_the_limit_are_compared() {
    type Make = fn() -> Body;
    const LONG: &str = "12345";
    let (memory, stream): (Make, Make) = (|| Body::from("1234"), || streamed(&[Ok("12"), Ok("34")]));
    let (long, long_stream): (Make, Make) = (|| Body::from(LONG), || streamed(&[Ok("123"), Ok("45")]));
    let cut: Make = || streamed(&[Ok("12"), Err("cut")]);
    let another: Make = || Body::from("12x4");
    // The client's response and the shadow's; the counts, and whether the bodies were compared.
    let cases: [(&str, Make, Make, [u64; 4], Option<bool>); 11] = [
        ("equal", memory, stream, [1, 0, 0, 0], Some(true)),
        ("equal", stream, memory, [1, 0, 0, 0], Some(true)),
        ("different", memory, another, [0, 1, 0, 0], Some(true)),
        ("long", long, long, [1, 0, 0, 0], Some(false)),
        ("long", long, memory, [1, 0, 0, 0], Some(false)),
        ("long", memory, long, [1, 0, 0, 0], Some(false)),
        ("long", long_stream, another, [1, 0, 0, 0], Some(false)),
        ("long", another, long_stream, [1, 0, 0, 0], Some(false)),
        ("the client's is cut", cut, || Body::from("12"), [0, 0, 1, 0], None),
        ("the shadow's is cut", || Body::from("12"), cut, [0, 0, 0, 1], None),
        ("the shadow's is cut", Body::empty, cut, [0, 0, 0, 1], None),
    ];
    for (number, (what, live, shadowed, counts, compared)) in cases.into_iter().enumerate() {
        let service = |body: Make| {
            service_fn(move |_: Request<Body>| async move { Ok::<_, Infallible>(Response::new(body())) })
        };
        let seen = Arc::new(std::sync::Mutex::new(None));
        let note = Arc::clone(&seen);
        let shadow = ShadowLayer::new(service(shadowed))
            .body_limit_bytes(4)
            .on_report(move |report| *note.lock().unwrap() = Some(report.body_compared));
        let response = shadow.layer(service(live)).oneshot(get("/")).await.unwrap();
        _ = response.into_body().collect().await;
        assert_eq!(settled(&shadow, 1).await, counts, "{number}: {what}");
        assert_eq!(*seen.lock().unwrap(), compared, "{number}: {what}");
    }
}

#[tokio::test(start_paused = true)]
async fn both_waits_have_the_time_limit() {
    let hangs = service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
    let responds = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(full("hello"))) });
    let (_sender, body) = by_hand();
    let body = Arc::new(std::sync::Mutex::new(Some(body)));
    let endless = service_fn(move |_: Request<Body>| {
        let body = body.lock().unwrap().take().unwrap();
        async { Ok::<_, Infallible>(Response::new(body)) }
    });
    let seconds = |layer: ShadowLayer<_>, number| {
        if number == 30 { layer } else { layer.timeout(Duration::from_secs(number)) }
    };
    for limit in [30, 5] {
        // The shadow's response does not come.
        let shadow = seconds(ShadowLayer::new(hangs), limit);
        let start = tokio::time::Instant::now();
        read(shadow.layer(responds).oneshot(get("/")).await.unwrap()).await;
        while shadow.counts().unavailable == 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(start.elapsed().as_secs(), limit);
    }
    // The client's response does not end.
    let shadow = ShadowLayer::new(responds);
    let start = tokio::time::Instant::now();
    let _response = shadow.layer(endless).oneshot(get("/")).await.unwrap();
    while shadow.counts().skipped == 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test]
async fn the_places_are_as_many_as_set() {
    let hangs = service_fn(|_: Request<Body>| std::future::pending::<Result<Response<Body>, Infallible>>());
    let layer = || ShadowLayer::new(hangs);
    for (shadow, places) in [
        (layer(), 16),
        (layer().max_in_flight(1), 1),
        (layer().max_in_flight(0), 0),
        (layer().max_in_flight(usize::MAX), 20),
    ] {
        for _ in 0..20 {
            read(shadow.layer(api()).oneshot(get("/api/hello")).await.unwrap()).await;
        }
        assert_eq!(shadow.counts().skipped, 20 - places);
    }
}
