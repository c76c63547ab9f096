//! What every layer owes the service inside: its readiness, its errors, and a way back to it.

use crate::common::{AnyService, any, get, json};
use crate::probe::{Probe, ProbeError};
use crate::stack::{SECOND, config, cors};
use http::{Request, Response};
use std::convert::Infallible;
use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;
use tower::buffer::{Buffer, BufferLayer};
use tower::limit::{ConcurrencyLimit, ConcurrencyLimitLayer};
use tower::{Layer, Service, ServiceExt as _};
use tower_api_routes::cors::ApiCorsLayer;
use tower_api_routes::{
    Body, BodyParserLayer, BoxError, ClientHeadersLayer, ExternalResolverLayer, MaxDurationLayer,
    ResponseLimitLayer, RouteConfig, ShadowLayer,
};

/// Runs a check, with a name, for each of our layers.
macro_rules! for_each_layer {
    ($check:ident) => {
        $check("BodyParser", BodyParserLayer::new()).await;
        $check("BodyParser off", BodyParserLayer::new().enabled(false)).await;
        $check("ResponseLimit", ResponseLimitLayer::new()).await;
        $check("ResponseLimit enforced", ResponseLimitLayer::new().enforce_response_limit(true)).await;
        $check("MaxDuration", MaxDurationLayer::new(SECOND)).await;
        $check("ExternalResolver", ExternalResolverLayer::new()).await;
        $check("Cors", ApiCorsLayer::new(cors())).await;
        $check("RouteConfig", config()).await;
        $check("RouteConfig without anything", RouteConfig::new()).await;
        $check("ClientHeaders", ClientHeadersLayer::new()).await;
        $check("Shadow", ShadowLayer::new(slow())).await;
    };
}

#[tokio::test]
async fn layers_call_only_ready_services() {
    async fn check<L>(name: &str, layer: L)
    where
        L: Layer<Probe>,
        L::Service: Service<Request<Body>, Response: Debug, Error = ProbeError> + Clone,
    {
        let probe = Probe::default();
        let mut service = layer.layer(probe.clone());
        for _ in 0..3 {
            // A clone is not ready, so it is the one that was polled that must be called.
            service.ready().await.unwrap().call(json("{}")).await.unwrap();
            service.clone().ready().await.unwrap().call(json("{}")).await.unwrap();
        }
        assert_eq!(probe.calls(), 6, "{name}");
    }
    for_each_layer!(check);
}

#[tokio::test]
async fn layers_keep_the_inner_error() {
    async fn check<L>(name: &str, layer: L)
    where
        L: Layer<Probe>,
        L::Service: Service<Request<Body>, Response: Debug, Error = ProbeError>,
    {
        let error = layer.layer(Probe::default()).oneshot(get("/fail")).await.unwrap_err();
        assert_eq!(error, ProbeError("as asked"), "{name}");
    }
    for_each_layer!(check);
}

type AnyFuture = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Responds after 20 milliseconds.
fn slow() -> AnyService {
    any(tower::service_fn(|_: Request<Body>| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok::<_, Infallible>(Response::new(Body::empty()))
    }))
}

#[tokio::test(start_paused = true)]
async fn every_layer_waits_for_a_concurrency_limit() {
    async fn check<L>(name: &str, layer: L)
    where
        L: Layer<ConcurrencyLimit<AnyService>>,
        L::Service: Service<Request<Body>, Response: Debug, Error = Infallible, Future: Send>
            + Clone
            + Send
            + 'static,
    {
        let service = layer.layer(ConcurrencyLimitLayer::new(1).layer(slow()));
        let start = tokio::time::Instant::now();
        let calls = (0..4).map(|_| {
            let service = service.clone();
            tokio::spawn(async move { service.oneshot(json("{}")).await.map(drop) })
        });
        for call in calls.collect::<Vec<_>>() {
            call.await.unwrap().unwrap();
        }
        assert!(start.elapsed() >= Duration::from_millis(80), "{name}: one at a time, {:?}", start.elapsed());
    }
    for_each_layer!(check);
}

#[tokio::test(start_paused = true)]
async fn every_layer_works_around_a_buffer() {
    async fn check<L>(name: &str, layer: L)
    where
        L: Layer<Buffer<Request<Body>, AnyFuture>>,
        L::Service: Service<Request<Body>, Response: Debug, Error = BoxError>,
    {
        let mut service = layer.layer(BufferLayer::new(1).layer(slow()));
        for _ in 0..3 {
            let response = service.ready().await.unwrap().call(json("{}")).await;
            assert!(response.is_ok(), "{name}");
        }
    }
    for_each_layer!(check);
}

#[test]
fn services_return_their_inner_and_clone_cheaply() {
    fn is_copy<T: Copy>(_: &T) {}
    macro_rules! check {
        ($($layer:expr),*) => {$({
            let mut service = $layer.layer(7);
            *service.get_mut() += 1;
            assert_eq!(service.get_ref(), &8);
            assert!(format!("{service:?}").contains('8'), "{service:?}");
            assert_eq!(service.clone().into_inner(), 8);
            assert!(format!("{:?}", $layer.clone()).len() > 4);
        })*};
    }
    check!(
        BodyParserLayer::new(),
        ResponseLimitLayer::new(),
        MaxDurationLayer::new(SECOND),
        ExternalResolverLayer::new(),
        ApiCorsLayer::new(cors()),
        config(),
        ClientHeadersLayer::new(),
        ShadowLayer::new(slow())
    );
    // Nothing is counted or copied on the heap.
    is_copy(&BodyParserLayer::new().layer(7));
    is_copy(&ResponseLimitLayer::new().layer(7));
    is_copy(&MaxDurationLayer::new(SECOND).layer(7));
    is_copy(&ExternalResolverLayer::new().layer(7));
}
