//! Deadlines that nothing outruns: a handler that is always ready, and a service that never is.

use crate::common::{AnyService, any, call, get, read_broken};
use crate::ways::{foreign, ways};
use http::{Request, Response};
use std::convert::Infallible;
use std::future::pending;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, MaxDurationLayer, Result, RouteConfig,
};

const DEADLINE: Duration = Duration::from_millis(100);
const BUSY: Duration = Duration::from_secs(2);

/// Works for two seconds on what is always ready, and never waits for anything else.
async fn work(kind: &str) -> Result<()> {
    let start = std::time::Instant::now();
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let (mut near, mut far) = tokio::io::duplex(64);
    while start.elapsed() < BUSY {
        match kind {
            "budget" => tokio::task::consume_budget().await,
            "channel" => {
                sender.send(())?;
                receiver.recv().await;
            }
            _ => {
                near.write_all(b"x").await?;
                far.read_u8().await?;
            }
        }
    }
    Ok(())
}

/// `?kind=K`: works before the head. `?kind=K&body`: works between two chunks.
async fn busy(req: ApiRequest, res: ApiResponse) -> Result {
    let kind = req.query().get("kind").unwrap_or_default().to_owned();
    if req.query().get("body").is_none() {
        work(&kind).await?;
        return res.end();
    }
    res.stream(move |mut body| async move {
        body.write("first").await?;
        work(&kind).await?;
        Ok(body.write("last").await?)
    })
}

#[tokio::test]
async fn busy_handler_meets_its_deadline() {
    let config = RouteConfig::new().max_duration(DEADLINE);
    let layer = MaxDurationLayer::new(DEADLINE);
    for (name, service) in ways(&config, &layer, busy, Some(foreign(busy))) {
        for kind in ["budget", "channel", "duplex"] {
            let start = Instant::now();
            let response = call(service.clone(), get(&format!("/?kind={kind}"))).await;
            assert_eq!(response.status(), 504, "{name}, {kind}");
            assert!(start.elapsed() < BUSY / 2, "{name}, {kind}: {:?}", start.elapsed());

            let start = Instant::now();
            // In a task, as under a server: the cooperative budget is a task's.
            let request = get(&format!("/?body&kind={kind}"));
            let service = service.clone();
            let read = tokio::spawn(async move { read_broken(call(service, request).await).await });
            let (status, text) = read.await.unwrap();
            assert_eq!((status, text.starts_with("first !! ")), (200, true), "{name}, {kind}: {text}");
            assert!(start.elapsed() < BUSY / 2, "{name}, {kind}, body: {:?}", start.elapsed());
        }
    }
}

/// Takes one request at a time, and never finishes it.
fn full() -> AnyService {
    let hangs = service_fn(|_: Request<Body>| pending::<Result<Response<Body>, Infallible>>());
    any(ServiceBuilder::new().concurrency_limit(1).service(hangs))
}

#[tokio::test(start_paused = true)]
async fn readiness_wait_is_inside_the_deadline() {
    let config = |millis| RouteConfig::new().max_duration(Duration::from_millis(millis));
    let service = full();
    let held = tokio::spawn(service.clone().oneshot(get("/")));
    sleep(Duration::from_millis(1)).await;
    let router = ApiRouter::new;
    let routes = [
        ("the router's default", any(router().config(config(100)).route("/", service.clone()))),
        ("the route's own", any(router().route("/", service.clone().config(config(100))))),
        ("both", any(router().config(config(9000)).route("/", service.clone().config(config(100))))),
        ("the fallback's own", any(router().fallback(service.clone().config(config(100))))),
        ("a route as a service", any(service.clone().config(config(100)).into_service())),
        ("with other settings", {
            let config = config(100).size_limit("1kb").no_response_limit();
            any(router().route("/", service.clone().config(config)))
        }),
    ];
    for (name, route) in routes {
        let start = Instant::now();
        let response = timeout(Duration::from_secs(60), call(route, get("/"))).await;
        let status = response.map(|response| response.status().as_u16());
        assert_eq!(status.ok(), Some(504), "{name}");
        assert_eq!(start.elapsed().as_millis() / 10, 10, "{name}");
    }
    held.abort();
}
