//! `ExternalResolverLayer` and `res.detach()`: responses that another task sends later.

use crate::common::log::Log;
use crate::common::net::{self, Protocol};
use crate::common::{any, call, get, read, read_broken};
use crate::ways::ways_in_a_router;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tower::{Layer as _, ServiceExt as _};
use tower_api_routes::response::Responder;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, ExternalResolverLayer, HandlerExt as _,
    MaxDurationLayer, Next, Result, RouteConfig,
};

const RESOLVED: &str = "API resolved without sending a response";

async fn later(_: ApiRequest, res: ApiResponse) -> Result {
    Ok(respond_later(res))
}

async fn around(_: ApiRequest<Body>, res: ApiResponse, _: Next) -> Result {
    Ok(respond_later(res))
}

fn respond_later(res: ApiResponse) -> tower_api_routes::Response {
    let (responder, pending) = res.status(201).set_header("x-late", "yes").detach();
    tokio::spawn(async move {
        sleep(Duration::from_millis(50)).await;
        responder.respond(|res| res.send("later"))
    });
    pending
}

#[tokio::test(start_paused = true)]
async fn external_resolver_silences_the_warning() {
    let log = Log::capture();
    let route = "/api/[x]";
    let config = |external| RouteConfig::new().external_resolver(external);
    let layer = ExternalResolverLayer::new();
    let silent = ways_in_a_router(route, &config(true), &layer, later, Some(any(later.into_service())));
    let mut cases: Vec<_> = silent.into_iter().map(|(way, service)| (way, service, false)).collect();
    cases.extend([
        (
            "a function around a service",
            any(ApiRouter::new().route(route, any(later.into_service()).wrap(around).config(config(true)))),
            false,
        ),
        ("nothing is said", any(ApiRouter::new().route(route, later)), true),
        (
            "the nearest says no",
            any(layer.layer(ApiRouter::new().route(route, later.config(config(false))))),
            true,
        ),
        (
            "a nearer layer says no",
            {
                let no = config(false).layer(later.into_service());
                any(ApiRouter::new().config(config(true)).route(route, no))
            },
            true,
        ),
    ]);
    for (name, service, warns) in cases {
        let response = call(service, get("/api/1?q=1")).await;
        assert_eq!(response.headers()["x-late"], "yes", "{name}");
        assert_eq!(read(response).await, (201, "later".into()), "{name}");
        let warnings = log.warnings();
        assert_eq!(warnings.len(), usize::from(warns), "{name}: {warnings:?}");
        for warning in warnings {
            assert!(warning.message().starts_with(RESOLVED));
            let fields = ["http.request.method", "url.path", "http.route"].map(|name| warning.field(name));
            assert_eq!(fields, ["GET", "/api/1", route]);
        }
    }
}

#[tokio::test]
async fn early_responder_is_not_late() {
    async fn at_once(_: ApiRequest, res: ApiResponse) -> Result {
        let (responder, pending) = res.detach();
        responder.respond(|res| res.send("at once"))?;
        Ok(pending)
    }
    async fn drops(_: ApiRequest, res: ApiResponse) -> Result {
        Ok(res.detach().1)
    }
    let log = Log::capture();
    assert_eq!(read(call(at_once.into_service(), get("/")).await).await, (200, "at once".into()));
    assert_eq!(call(drops.into_service(), get("/")).await.status(), 500, "so is a dropped responder's");
    assert!(log.warnings().is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_responder_use_sends_a_response() {
    async fn many(req: ApiRequest, res: ApiResponse) -> Result {
        let (responder, pending) = res.detach();
        match req.query().get("how").unwrap_or_default() {
            "drop" => drop(responder),
            "drop in a task" => drop(tokio::spawn(async move { drop(responder) })),
            "panic" => drop(tokio::spawn(async move {
                let _responder = responder;
                panic!("the task panicked")
            })),
            "fail" => responder.respond(|_| Err(Error::new(409, "taken")))?,
            "stream" => responder.respond(|res| {
                res.stream(|mut body| async move {
                    body.write("a").await?;
                    Ok(body.write("b").await?)
                })
            })?,
            "again" => responder.respond(|res| {
                let (second, pending) = res.detach();
                tokio::spawn(async move { second.respond(|res| res.send("again")) });
                Ok(pending)
            })?,
            other => return res_of(other),
        }
        Ok(pending)
    }
    fn res_of(how: &str) -> Result {
        Err(Error::new(400, how.to_owned()))
    }
    let log = Log::capture();
    let service = ExternalResolverLayer::new().layer(many.into_service());
    let cases = [
        ("drop", 500, "Internal Server Error"),
        ("drop+in+a+task", 500, "Internal Server Error"),
        ("panic", 500, "Internal Server Error"),
        ("fail", 409, "taken"),
        ("stream", 200, "ab"),
        ("again", 200, "again"),
    ];
    for (how, status, text) in cases {
        let start = Instant::now();
        let response = call(service.clone(), get(&format!("/?how={how}"))).await;
        assert_eq!(read_broken(response).await, (status, text.into()), "{how}");
        assert_eq!(start.elapsed(), Duration::ZERO, "{how}: at once");
        let errors = log.take(tracing::Level::ERROR);
        assert_eq!(errors.len(), usize::from(status == 500), "{how}");
        assert!(
            errors.iter().all(|error| error.field("error").contains("the `Responder` was dropped")),
            "{errors:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_holds_for_a_late_responder() {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Responder>();
    let hand_over = move |_: ApiRequest, res: ApiResponse| {
        let (responder, pending) = res.detach();
        let sent = sender.send(responder).map_err(|_| Error::new(503, "nobody is there"));
        async move { sent.map(|()| pending) }
    };
    let time = Duration::from_millis(100);
    let config = RouteConfig::new().external_resolver(true).max_duration(time);
    let services = [
        (
            "layers",
            any(MaxDurationLayer::new(time)
                .layer(ExternalResolverLayer::new().layer(hand_over.clone().into_service()))),
        ),
        ("a configuration", any(hand_over.config(config).into_service())),
    ];
    for (name, service) in services {
        assert_eq!(call(service, get("/")).await.status(), 504, "{name}");
        let mut responder = receiver.recv().await.unwrap();
        assert!(responder.is_closed(), "{name}");
        responder.closed().await;
        assert!(responder.respond(ApiResponse::end).is_err(), "{name}");
    }
}

#[tokio::test]
async fn responder_sees_a_disconnect() {
    let (sender, mut receiver) = mpsc::unbounded_channel::<Responder>();
    let hand_over = move |_: ApiRequest, res: ApiResponse| {
        let (responder, pending) = res.detach();
        let sent = sender.send(responder).map_err(|_| Error::new(503, "nobody is there"));
        async move { sent.map(|()| pending) }
    };
    let api = ApiRouter::new().route("/", ExternalResolverLayer::new().layer(hand_over.into_service()));
    let server = net::serve(api).await;

    let stream = server.raw("GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut responder = receiver.recv().await.unwrap();
    assert!(!responder.is_closed());
    assert!(timeout(Duration::from_millis(50), responder.closed()).await.is_err(), "the client waits");
    drop(stream);
    timeout(Duration::from_secs(5), responder.closed()).await.expect("HTTP/1.1: the responder is told");
    assert!(responder.is_closed());

    let request = server.get(Protocol::Http2, "/");
    let gone = tokio::select! {
        _ = request => unreachable!("nothing has responded"),
        responder = receiver.recv() => responder.unwrap(),
    };
    let mut responder = gone;
    timeout(Duration::from_secs(5), responder.closed()).await.expect("HTTP/2: the responder is told");
}

#[tokio::test]
async fn late_response_arrives_over_a_socket() {
    async fn dropped(_: ApiRequest, res: ApiResponse) -> Result {
        Ok(res.detach().1)
    }
    let config = RouteConfig::new().external_resolver(true);
    let api = ApiRouter::new().config(config).route("/later", later).route("/dropped", dropped);
    let server = net::serve(api).await;
    for protocol in Protocol::BOTH {
        assert_eq!(read(server.get(protocol, "/later").await).await, (201, "later".into()), "{protocol:?}");
        let response = timeout(Duration::from_secs(5), server.get(protocol, "/dropped")).await.unwrap();
        assert_eq!(read(response).await, (500, "Internal Server Error".into()), "{protocol:?}");
    }
}

#[tokio::test]
async fn around_a_foreign_service_the_layer_changes_nothing() {
    let foreign = tower::service_fn(|request: http::Request<String>| async move {
        Ok::<_, std::convert::Infallible>(http::Response::new(request.into_body()))
    });
    let service = ExternalResolverLayer::new().layer(foreign);
    let response = service.oneshot(http::Request::new("the same".to_owned())).await.unwrap();
    assert_eq!(response.into_body(), "the same");
}
