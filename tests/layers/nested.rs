//! Settings in several places around one route: what acts together, and what happens once.

use crate::common::log::Log;
use crate::common::net::{self, Protocol};
use crate::common::{AnyService, any, call, get, post_to, read, read_broken};
use crate::ways::{foreign, ways};
use http::{Request, Response};
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;
use tower::{Layer as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyError, BodyParserLayer, HandlerExt as _, MaxDurationLayer,
    ResponseLimitLayer, Result, RouteConfig,
};
use tracing::Level;

async fn large(_: ApiRequest, res: ApiResponse) -> Result {
    res.send("x".repeat(200))
}

#[tokio::test]
async fn a_limit_and_its_enforcement_act_together() {
    let limit = || RouteConfig::new().response_limit("100");
    let enforce = || RouteConfig::new().enforce_response_limit(true);
    let layers = [
        ResponseLimitLayer::new().enforce_response_limit(true),
        ResponseLimitLayer::new().response_limit("100"),
    ];
    let router = || {
        ApiRouter::new()
            .route("/handler", large)
            .route("/service", large.into_service())
            .route("/foreign", foreign(large))
    };
    let services = [
        ("the router's limit in a layer", any(router().config(limit()).layer(layers[0]))),
        ("the router's enforcement in a layer", any(router().config(enforce()).layer(layers[1]))),
        ("the router's limit in a configuration", any(router().config(limit()).layer(enforce()))),
        ("the router's enforcement in a configuration", any(router().config(enforce()).layer(limit()))),
        ("a limit inside a layer around the router", any(layers[0].layer(router().config(limit())))),
        ("an enforcement inside a layer around the router", any(layers[1].layer(router().config(enforce())))),
    ];
    for (place, service) in services {
        for path in ["/handler", "/service", "/foreign"] {
            let response = read(call(service.clone(), get(path)).await).await;
            assert_eq!(response, (500, "Internal Server Error".into()), "{place}, {path}");
        }
    }
}

#[tokio::test]
async fn inner_limit_replaces_the_routers() {
    let log = Log::capture();
    let inner = || ResponseLimitLayer::new().response_limit("1kb").layer(large.into_service());
    for enforce in [None, Some(false), Some(true)] {
        let own =
            enforce.map_or(RouteConfig::new(), |enforce| RouteConfig::new().enforce_response_limit(enforce));
        let api =
            ApiRouter::new().config(RouteConfig::new().response_limit("100")).route("/", inner().config(own));
        assert_eq!(read(call(api, get("/")).await).await.0, 200, "{enforce:?}");
        assert_eq!(log.too_large(), Vec::<[String; 3]>::new(), "{enforce:?}");
    }
}

#[tokio::test]
async fn an_enforced_limit_does_not_measure_errors() {
    let errors = Arc::new(AtomicUsize::new(0));
    let small = || RouteConfig::new().response_limit("5").enforce_response_limit(true);
    let layer = || ResponseLimitLayer::new().response_limit("5").enforce_response_limit(true);
    let router = || {
        let errors = Arc::clone(&errors);
        ApiRouter::new().on_error(move |_, _| _ = errors.fetch_add(1, Ordering::Relaxed))
    };
    let config = || RouteConfig::new().size_limit("10b");
    let services = [
        ("a configuration", any(router().route("/", large.config(small().or(&config()))))),
        (
            "a layer around the handler",
            any(router().route("/", layer().layer(large.config(config()).into_service()))),
        ),
        ("a layer in the router", any(router().route("/", large.config(config())).layer(layer()))),
        ("a layer around the router", any(layer().layer(router().route("/", large.config(config()))))),
        ("a layer around a parser", {
            any(router()
                .route("/", layer().layer(BodyParserLayer::new().size_limit("10b").layer(foreign(large)))))
        }),
        (
            "both",
            any(router().config(small()).route("/", layer().layer(large.config(config()).into_service()))),
        ),
    ];
    for (place, service) in services {
        let response = call(service, post_to("/", "text/plain", "x".repeat(20))).await;
        assert_eq!(read(response).await, (413, "Body exceeded 10b limit".into()), "{place}");
        assert_eq!(errors.swap(0, Ordering::Relaxed), 1, "{place}: on_error");
    }
}

/// How long the deadlines of these tests are.
const DEADLINE: Duration = Duration::from_millis(60);

/// Takes longer than the deadlines, before the head or, with `?stream`, after it.
async fn slow(req: ApiRequest, res: ApiResponse) -> Result {
    if !req.query().contains("stream") {
        sleep(Duration::from_secs(60)).await;
    }
    res.stream(|mut body| async move {
        body.write("first").await?;
        sleep(Duration::from_secs(60)).await;
        Ok(())
    })
}

/// What `on_error` was told of each error.
type Seen = Arc<Mutex<Vec<String>>>;

/// Two deadlines around one handler, the outer one by so much longer. The last two routers know nothing of the error.
fn nested(longer: Duration, seen: &Seen) -> Vec<(&'static str, AnyService)> {
    let config = || RouteConfig::new().max_duration(DEADLINE);
    let layer = || MaxDurationLayer::new(DEADLINE + longer);
    let inner = || MaxDurationLayer::new(DEADLINE);
    let router = || {
        let seen = Arc::clone(seen);
        ApiRouter::new().on_error(move |error, request| {
            let when = if request.head_sent() { "after the head" } else { "before the head" };
            seen.lock().unwrap().push(format!("{error:?} {when}"));
        })
    };
    vec![
        ("a layer in the router", any(router().route("/", slow.config(config())).layer(layer()))),
        ("a layer around the router", any(layer().layer(router().route("/", slow.config(config()))))),
        ("two layers", any(router().route("/", layer().layer(inner().layer(slow.into_service()))))),
        (
            "two layers around a service",
            any(router().route("/", layer().layer(inner().layer(foreign(slow))))),
        ),
        ("the router's configuration", any(router().config(config()).route("/", slow).layer(layer()))),
        (
            "its configuration for a service",
            any(router().config(config()).route("/", foreign(slow)).layer(layer())),
        ),
        ("layers in and around the router", any(layer().layer(router().route("/", slow).layer(inner())))),
        (
            "a service's configuration",
            any(router().route("/", foreign(slow).config(config())).layer(layer())),
        ),
        ("a configuration as a layer", any(router().route("/", slow.config(config())).layer(config()))),
    ]
}

#[tokio::test]
async fn nested_deadlines_send_one_504() {
    let log = Log::capture();
    for longer in [0, 1, 2, 5, 10].map(Duration::from_millis) {
        let seen = Seen::default();
        for (place, service) in nested(longer, &seen) {
            let server = net::serve(service).await;
            for protocol in Protocol::BOTH {
                let response = read(server.get(protocol, "/").await).await;
                assert_eq!(response, (504, "Gateway Timeout".into()), "{place}, {longer:?}, {protocol:?}");
                assert_eq!(log.take(Level::ERROR).len(), 1, "{place}, {longer:?}, {protocol:?}: log lines");
                let seen = std::mem::take(&mut *seen.lock().unwrap());
                let expected = "the response took longer than its `max_duration` before the head";
                assert_eq!(seen, [expected], "{place}, {longer:?}, {protocol:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nested_deadlines_cut_a_stream_once() {
    let log = Log::capture();
    for longer in [0, 1, 10].map(Duration::from_millis) {
        let seen = Seen::default();
        for (place, service) in nested(longer, &seen) {
            let cut = "first !! the response took longer than its `max_duration`";
            assert_eq!(read_broken(call(service, get("/?stream")).await).await, (200, cut.into()), "{place}");
            assert_eq!(log.take(Level::ERROR).len(), 1, "{place}, {longer:?}: log lines");
            let seen = std::mem::take(&mut *seen.lock().unwrap());
            let expected = "the response took longer than its `max_duration` after the head";
            assert_eq!(seen, [expected], "{place}, {longer:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_response_is_sent_after_its_deadline() {
    let whole = || {
        service_fn(|_: Request<Body>| async {
            Ok::<_, Infallible>(Response::new(http_body_util::Full::new(bytes::Bytes::from("whole"))))
        })
    };
    async fn handler(_: ApiRequest, res: ApiResponse) -> Result {
        res.send("whole")
    }
    let layer = MaxDurationLayer::new(DEADLINE);
    let config = RouteConfig::new().max_duration(DEADLINE);
    let mut services = ways(&config, &layer, handler, Some(any(whole())));
    services.push(("two layers", any(layer.layer(layer.layer(whole())))));
    for (place, service) in services {
        let response = call(service, get("/")).await;
        sleep(DEADLINE * 2).await;
        assert_eq!(read(response).await, (200, "whole".into()), "{place}");
    }
}

#[test]
fn layer_body_fails_with_body_error() {
    fn assert_error<S, B>(_: &S)
    where
        S: tower::Service<Request<Body>, Response = Response<B>>,
        B: http_body::Body<Error = BodyError>,
    {
    }
    assert_error(&MaxDurationLayer::new(DEADLINE).layer(foreign(large)));
    assert_error(&ResponseLimitLayer::new().layer(foreign(large)));
    assert_error(&BodyParserLayer::new().layer(foreign(large)));
    assert_error(&RouteConfig::new().layer(foreign(large)));
}

#[tokio::test]
async fn the_plain_path_makes_no_extension() {
    let bare = service_fn(|request: Request<Body>| async move {
        assert!(request.extensions().is_empty());
        Ok::<_, Infallible>(Response::new(Body::from("bare")))
    });
    let response = call(RouteConfig::new().layer(bare), get("/")).await;
    assert!(response.extensions().is_empty());
    let handler = |req: ApiRequest, res: ApiResponse| async move {
        assert!(req.extensions().is_empty());
        res.end()
    };
    let response = call(ApiRouter::new().route("/", handler), get("/")).await;
    assert!(response.extensions().is_empty());
}
