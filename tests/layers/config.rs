//! `RouteConfig`: all of the layers as one value.

use crate::behaviour::{behaviour, probe};
use crate::common::{AnyService, any};
use http::{Request, Response};
use std::convert::Infallible;
use std::time::Duration;
use tower::{Layer, ServiceBuilder};
use tower_api_routes::configured::ConfiguredService;
use tower_api_routes::{
    ApiRouter, Body, BodyParserLayer, ExternalResolverLayer, HandlerExt as _, MaxDurationLayer,
    ResponseLimitLayer, Route, RouteConfig, methods,
};

/// Everything that has no destructor to run can stand in a const.
const CONST: RouteConfig = RouteConfig::new()
    .body_parser(true)
    .size_limit("10b")
    .response_limit("20b")
    .external_resolver(true)
    .max_duration_secs(5)
    .etag(false);
static STATIC: RouteConfig = CONST.max_duration(Duration::from_millis(50)).no_response_limit();

#[tokio::test(start_paused = true)]
async fn layers_equal_configuration() {
    fn wrap<L>(layer: &L) -> AnyService
    where
        L: Layer<tower_api_routes::RouteService>,
        L::Service: tower::Service<
                Request<Body>,
                Response = Response<<L as Parts>::Body>,
                Error = Infallible,
                Future: Send,
            > + Clone
            + Send
            + Sync
            + 'static,
        L: Parts,
    {
        any(layer.layer(probe.into_service()))
    }
    let config = RouteConfig::new;
    let parser = BodyParserLayer::new();
    let ms50 = Duration::from_millis(50);
    let limit = |bytes: u64| ResponseLimitLayer::new().response_limit_bytes(bytes.into());
    let cases = [
        ("nothing", config(), any(probe.into_service())),
        ("the parser on", config().body_parser(true), wrap(&parser)),
        ("the parser off", config().body_parser(false), wrap(&BodyParserLayer::new().enabled(false))),
        ("a small body", config().size_limit("10b"), wrap(&parser.size_limit("10b"))),
        ("a large body", config().size_limit("2mb"), wrap(&parser.size_limit("2mb"))),
        ("a response limit", config().response_limit("20"), wrap(&limit(20))),
        ("no response limit", config().no_response_limit(), wrap(&ResponseLimitLayer::new().enabled(false))),
        ("late responses", config().external_resolver(true), wrap(&ExternalResolverLayer::new())),
        ("a deadline", config().max_duration(ms50), wrap(&MaxDurationLayer::new(ms50))),
        (
            "all at once",
            STATIC.clone().etag(true).response_limit("20"),
            any(ServiceBuilder::new()
                .layer(MaxDurationLayer::new(ms50))
                .layer(limit(20))
                .layer(ExternalResolverLayer::new())
                .layer(parser.size_limit("10b"))
                .service(probe.into_service())),
        ),
    ];
    let opposite = config().size_limit("5b").response_limit("3").max_duration(Duration::from_millis(10));
    for (name, config, layers) in cases {
        let plain = behaviour(any(probe.config(config.clone()).into_service())).await;
        let other_ways = [
            ("layers", layers.clone()),
            ("the configuration as a layer", any(config.layer(probe.into_service()))),
            ("a router with it as default", any(ApiRouter::new().config(config.clone()).route("/", probe))),
            (
                "such a router around a service",
                any(ApiRouter::new().config(config.clone()).route("/", probe.into_service())),
            ),
            ("a layer around a router", any(config.layer(ApiRouter::new().route("/", probe)))),
            (
                "a router and methods",
                any(ApiRouter::new().route("/", methods().get(probe).post(probe).config(config.clone()))),
            ),
        ];
        for (way, service) in other_ways {
            assert_eq!(behaviour(service).await, plain, "{name}: {way}");
        }
        let inside = |route: Route| any(ApiRouter::new().config(opposite.clone()).route("/", route));
        assert_eq!(
            behaviour(inside(layers.config(RouteConfig::new()))).await,
            behaviour(inside(probe.config(config))).await,
            "{name}: layers in a router whose default is the opposite"
        );
    }
}

/// The body of the responses of a layer around a handler.
trait Parts {
    type Body: http_body::Body<Data = bytes::Bytes, Error: Into<tower_api_routes::BoxError>> + Send + 'static;
}
impl Parts for BodyParserLayer {
    type Body = tower_api_routes::body_parser::ResponseBody<Body>;
}
impl Parts for ResponseLimitLayer {
    type Body = tower_api_routes::response_limit::ResponseBody<Body>;
}
impl Parts for MaxDurationLayer {
    type Body = tower_api_routes::max_duration::ResponseBody<Body>;
}
impl Parts for ExternalResolverLayer {
    type Body = Body;
}

#[tokio::test(start_paused = true)]
async fn every_field_shows() {
    // The table above compares; this one says what it compares.
    let cases = [
        (
            RouteConfig::new(),
            [
                "200 string",
                "400 Invalid JSON",
                "200 string",
                "413 Body exceeded 1mb limit",
                "200",
                "200 slow",
                "warnings=1",
            ],
        ),
        (
            CONST,
            [
                "200 string",
                "400 Invalid JSON",
                "413 Body exceeded 10b limit",
                "413",
                "warnings=1",
                "200 slow",
                "warnings=0",
            ],
        ),
        (
            STATIC.clone().body_parser(false),
            [
                "200 undefined",
                "200 undefined",
                "200 undefined",
                "200 undefined",
                "warnings=0",
                "504",
                "warnings=0",
            ],
        ),
    ];
    for (config, parts) in cases {
        let seen = behaviour(any(probe.config(config.clone()).into_service())).await;
        for (seen, part) in seen.iter().zip(parts) {
            assert!(seen.contains(part), "{config:?}: {seen} has no {part}");
        }
    }
    for (etag, on) in [(true, "etag=true"), (false, "etag=false")] {
        let config = RouteConfig::new().etag(etag);
        for service in
            [any(probe.config(config.clone()).into_service()), any(config.layer(probe.into_service()))]
        {
            assert!(behaviour(service).await[0].contains(on));
        }
    }
}

#[test]
fn a_configured_service_gives_its_inner_one_back() {
    let layers = [RouteConfig::new(), CONST, CONST.cors(tower_api_routes::CorsLayer::new())];
    for config in layers {
        let mut service: ConfiguredService<Vec<i32>> = config.layer(vec![1]);
        service.get_mut().push(2);
        assert_eq!(service.get_ref(), &[1, 2]);
        assert!(format!("{service:?}").contains("[1, 2]"));
        assert_eq!(service.clone().into_inner(), [1, 2]);
    }
}
