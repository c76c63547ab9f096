//! `MaxDurationLayer`: one deadline from the request to the last byte.

use crate::common::net::{self, Protocol};
use crate::common::{any, call, cause, get, post, read, read_broken};
use crate::ways::{foreign, ways};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tower::{Layer as _, Service as _, ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, MaxDurationLayer, RawBody, Result,
    RouteConfig, max_duration::TimedOut,
};

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn within(millis: u64) -> MaxDurationLayer {
    MaxDurationLayer::new(ms(millis))
}

/// `?head=H&chunk=C`: the head after H milliseconds, then five chunks, C milliseconds before each but the first.
async fn slow(req: ApiRequest, res: ApiResponse) -> Result {
    let number = |name| req.query().get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let (head, chunk) = (number("head"), number("chunk"));
    sleep(ms(head)).await;
    res.stream(move |mut body| async move {
        for i in 0..5 {
            if i > 0 {
                sleep(ms(chunk)).await;
            }
            body.write(i.to_string()).await?;
        }
        Ok(())
    })
}

const CUT: &str = " !! the response took longer than its `max_duration`";

#[tokio::test(start_paused = true)]
async fn deadline_spans_request_to_last_byte() {
    let config = RouteConfig::new().max_duration(ms(100));
    let services = ways(&config, &within(100), slow, Some(foreign(slow)));
    let cases = [
        ("/?head=50", 200, "01234", "", 50),
        ("/?head=99", 200, "01234", "", 99),
        ("/?head=101", 504, "Gateway Timeout", "", 100),
        ("/?head=60&chunk=5", 200, "01234", "", 80),
        ("/?head=60&chunk=15", 200, "012", CUT, 100),
        ("/?chunk=40", 200, "012", CUT, 100),
    ];
    for (name, service) in services {
        for (query, status, text, error, millis) in cases {
            let start = Instant::now();
            let response = read_broken(call(service.clone(), get(query)).await).await;
            assert_eq!(response, (status, format!("{text}{error}")), "{name}, {query}");
            // The timer ticks in milliseconds, and never early.
            let taken = start.elapsed();
            assert!(taken >= ms(millis) && taken <= ms(millis + 6), "{name}, {query}: {taken:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn stream_error_can_be_told() {
    let response = call(within(100).layer(foreign(slow)), get("/?chunk=60")).await;
    let error = response.into_body().collect().await.unwrap_err();
    assert!(cause(&error).is::<TimedOut>(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_body_without_a_byte_has_no_deadline() {
    let empty = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let mut body = within(100).layer(empty).oneshot(get("/")).await.unwrap().into_body();
    sleep(ms(200)).await;
    assert!(body.frame().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn reading_the_body_counts() {
    async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.json(&req.body().len())
    }
    let config = RouteConfig::new().max_duration(ms(100));
    for service in [any(length.config(config).into_service()), any(within(100).layer(length.into_service()))]
    {
        let body = Body::from_stream(futures_util::stream::pending::<Result<&str, Infallible>>());
        assert_eq!(call(service, post("text/plain", body)).await.status(), 504);
    }
}

struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn disconnect_drops_the_response_work() {
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dropped);
    let writer = move |req: ApiRequest, res: ApiResponse| {
        let guard = OnDrop(Arc::clone(&flag));
        async move {
            if req.query().get("hangs").is_some() {
                pending::<()>().await;
            }
            res.stream(|mut body| async move {
                let _guard = guard;
                body.write("x").await?;
                pending().await
            })
        }
    };
    let config = RouteConfig::new().max_duration(ms(100));
    for (name, service) in ways(&config, &within(100), writer, None) {
        let response = call(service.clone(), get("/?hangs")).await;
        assert_eq!(response.status(), 504);
        assert!(dropped.swap(false, Ordering::SeqCst), "{name}: the handler");

        let mut body = call(service, get("/")).await.into_body();
        assert_eq!(body.chunk().await.unwrap().unwrap(), "x");
        assert!(!dropped.load(Ordering::SeqCst), "{name}: the writer goes on until the deadline");
        body.chunk().await.unwrap_err();
        // The body is still there: it is the deadline that has dropped the writer.
        assert!(dropped.swap(false, Ordering::SeqCst), "{name}: the writer");
        assert!(body.chunk().await.unwrap().is_none(), "{name}: nothing comes after the error");
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_drops_the_handler() {
    let dropped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&dropped);
    let hangs = move |_: ApiRequest, _: ApiResponse| {
        let guard = OnDrop(Arc::clone(&flag));
        async move {
            let _guard = guard;
            pending::<Result>().await
        }
    };
    let config = RouteConfig::new().max_duration(ms(100));
    let layered = within(100).layer(hangs.clone().into_service()).call(get("/"));
    let configured = hangs.config(config).into_service().call(get("/"));
    // The futures outlive their responses here.
    let (mut layered, mut configured) = (Box::pin(layered), Box::pin(configured));
    assert_eq!(layered.as_mut().await.unwrap().status(), 504);
    assert!(dropped.swap(false, Ordering::SeqCst), "the layer");
    assert_eq!(configured.as_mut().await.unwrap().status(), 504);
    assert!(dropped.swap(false, Ordering::SeqCst), "the configuration");

    let flag = Arc::clone(&dropped);
    let writes = service_fn(move |_: Request<Body>| {
        let guard = OnDrop(Arc::clone(&flag));
        let pieces = futures_util::stream::once(async move {
            let _guard = guard;
            pending::<Result<&str, Infallible>>().await
        });
        async move { Ok::<_, Infallible>(Response::new(Body::from_stream(pieces))) }
    });
    let mut response = within(100).layer(writes).oneshot(get("/")).await.unwrap();
    let error = response.body_mut().frame().await.unwrap().unwrap_err();
    assert!(error.into_inner().is::<TimedOut>());
    assert!(dropped.load(Ordering::SeqCst), "the body of the layer lives, what wrote it does not");
    assert!(response.body_mut().frame().await.is_none(), "nothing comes after the error");
}

#[tokio::test(start_paused = true)]
async fn of_nested_deadlines_the_shorter_wins() {
    let config = |millis| RouteConfig::new().max_duration(ms(millis));
    let services = [
        ("the shorter inside", any(within(200).layer(within(100).layer(foreign(slow))))),
        ("the shorter outside", any(within(100).layer(within(200).layer(foreign(slow))))),
        ("a configuration inside", any(within(200).layer(slow.config(config(100)).into_service()))),
        ("a configuration outside", any(config(100).layer(within(200).layer(foreign(slow))))),
        ("a layer around the router", {
            any(within(100).layer(ApiRouter::new().route("/", slow.config(config(200)))))
        }),
        ("a route's own around its service", {
            any(ApiRouter::new().route("/", within(200).layer(foreign(slow)).config(config(100))))
        }),
    ];
    for (name, service) in services {
        let start = Instant::now();
        assert_eq!(call(service.clone(), get("/?head=1000")).await.status(), 504, "{name}");
        assert_eq!(start.elapsed().as_millis() / 10, 10, "{name}");
        let start = Instant::now();
        assert_eq!(
            read_broken(call(service, get("/?chunk=60")).await).await,
            (200, format!("01{CUT}")),
            "{name}"
        );
        assert_eq!(start.elapsed().as_millis() / 10, 10, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn inner_deadline_replaces_the_routers_default() {
    let config = |millis| RouteConfig::new().max_duration(ms(millis));
    let own = any(ServiceBuilder::new()
        .map_request(|r: Request<Body>| r)
        .service(slow.config(config(200)).into_service()));
    let routes = [
        ("a configuration", slow.config(config(200))),
        ("a layer around a handler", within(200).layer(slow.into_service()).config(RouteConfig::new())),
        ("a layer around a service", within(200).layer(foreign(slow)).config(RouteConfig::new())),
        ("a service's own configuration", foreign(slow).config(config(200))),
        ("a handler's own, behind a middleware", own.config(RouteConfig::new())),
        (
            "a router inside",
            any(ApiRouter::new().config(config(200)).route("/", foreign(slow))).config(RouteConfig::new()),
        ),
    ];
    for (name, route) in routes {
        let api = ApiRouter::new().config(config(100)).route("/", route);
        for (query, status, text) in [
            ("/?head=150", 200, "01234"),
            ("/?chunk=40", 200, "01234"),
            ("/?head=250", 504, "Gateway Timeout"),
        ] {
            let response = read_broken(call(api.clone(), get(query)).await).await;
            assert_eq!(response, (status, text.into()), "{name}, {query}");
        }
        let response = read_broken(call(api, get("/?chunk=60")).await).await;
        assert_eq!(response, (200, format!("0123{CUT}")), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn whole_body_is_not_cut() {
    async fn whole(_: ApiRequest, res: ApiResponse) -> Result {
        res.send("whole")
    }
    let config = RouteConfig::new().max_duration(ms(100));
    let response = call(whole.config(config).into_service(), get("/")).await;
    sleep(ms(200)).await;
    assert_eq!(read(response).await, (200, "whole".into()));
}

#[tokio::test(start_paused = true)]
async fn whole_body_is_sent_while_its_tag_is_late() {
    /// A megabyte, whose ETag takes several turns of the task. The deadline passes after the first of them.
    async fn large(_: ApiRequest, res: ApiResponse) -> Result {
        tokio::spawn(tokio::time::advance(ms(200)));
        res.send("x".repeat(1 << 20))
    }
    let config = RouteConfig::new().max_duration(ms(100));
    for (way, service) in ways(&config, &within(100), large, None) {
        let start = Instant::now();
        let response = call(service, get("/")).await;
        assert!(start.elapsed() > ms(100), "{way}: the deadline has passed");
        assert!(response.headers().contains_key("etag"), "{way}");
        let (status, body) = read(response).await;
        assert_eq!((status, body.len()), (200, 1 << 20), "{way}");
    }
}

#[tokio::test]
async fn broken_body_is_visible_over_a_socket() {
    // Long enough for the good response on a loaded machine. All requests wait at the same time.
    let layered = net::serve(ServiceBuilder::new().layer(within(2000)).service(slow.into_service())).await;
    let config = RouteConfig::new().max_duration(ms(2000));
    let configured = net::serve(ApiRouter::new().route("/", slow.config(config))).await;
    let check = async |place: &str, server: &net::Server, protocol: Protocol| {
        let (late, cut, good) = tokio::join!(
            server.get(protocol, "/?head=9000"),
            server.get(protocol, "/?chunk=9000"),
            server.get(protocol, "/?chunk=1"),
        );
        assert_eq!(read(good).await, (200, "01234".into()), "{place}, {protocol:?}");
        assert_eq!(read(late).await, (504, "Gateway Timeout".into()), "{place}, {protocol:?}");
        assert_eq!(cut.status(), 200);
        assert!(cut.into_body().collect().await.is_err(), "{place}, {protocol:?}");
        let next = server.get(protocol, "/").await;
        assert_eq!(read(next).await, (200, "01234".into()), "{place}, {protocol:?}: the server lives");
    };
    let [one, two] = Protocol::BOTH;
    tokio::join!(
        check("layer", &layered, one),
        check("layer", &layered, two),
        check("configuration", &configured, one),
        check("configuration", &configured, two),
    );
}

#[tokio::test]
async fn ready_response_needs_no_timer() {
    let service = within(0)
        .layer(service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) }));
    assert_eq!(call(service, get("/")).await.status(), 200);
}
