//! `RouteConfig` in a router: whose field counts, and what is refused.

use crate::behaviour::{behaviour, probe};
use crate::common;
use crate::common::panics::message_of;
use crate::common::{any, call, get, post_to, read_broken};
use http::{Request, Response};
use std::convert::Infallible;
use std::time::Duration;
use tower::layer::util::Identity;
use tower::service_fn;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, Next, RawBody, Result, RouteConfig, SizeLimit,
    methods,
};

#[tokio::test(start_paused = true)]
async fn route_field_overrides_router_and_default() {
    let config = RouteConfig::new;
    let ms = |millis| config().max_duration(Duration::from_millis(millis));
    let limit = |bytes| config().response_limit_bytes(SizeLimit::from_bytes(bytes));
    // What the router says, what the route says, which request shows it, what is seen with neither, the first, and both.
    let cases = [
        (
            "size_limit",
            config().size_limit("5b"),
            config().size_limit("10b"),
            0,
            ["200 string", "413 Body exceeded 5b", "200 string"],
        ),
        (
            "body_parser",
            config().body_parser(false),
            config().body_parser(true),
            1,
            ["400", "200 undefined", "400"],
        ),
        (
            "body_parser, on",
            config().body_parser(true),
            config().body_parser(false),
            1,
            ["400", "400", "200 undefined"],
        ),
        (
            "body_parser by its limit",
            config().body_parser(false),
            config().size_limit("1mb"),
            1,
            ["400", "200 undefined", "400"],
        ),
        ("response_limit", limit(20), limit(30), 4, ["warnings=0", "warnings=1", "warnings=0"]),
        (
            "no response_limit",
            limit(20),
            config().no_response_limit(),
            4,
            ["warnings=0", "warnings=1", "warnings=0"],
        ),
        ("max_duration", ms(50), ms(150), 5, ["200 slow", "504", "200 slow"]),
        (
            "external_resolver",
            config().external_resolver(true),
            config().external_resolver(false),
            6,
            ["warnings=1", "warnings=0", "warnings=1"],
        ),
        ("etag", config().etag(false), config().etag(true), 0, ["etag=true", "etag=false", "etag=true"]),
    ];
    for (field, router, route, request, [neither, first, both]) in cases {
        let api = ApiRouter::new;
        let services = [
            ("neither", any(api().route("/", probe)), neither),
            ("the router's", any(api().config(router.clone()).route("/", probe)), first),
            ("the router's, given later", any(api().route("/", probe).config(router.clone())), first),
            ("both", any(api().config(router.clone()).route("/", probe.config(route.clone()))), both),
            (
                "both, in methods",
                {
                    let probe = || probe.config(route.clone());
                    any(api().config(router).route("/", methods().get(probe()).post(probe())))
                },
                both,
            ),
        ];
        for (who, service, part) in services {
            let seen = behaviour(service).await.swap_remove(request);
            assert!(seen.contains(part), "{field}, {who}: {seen} has no {part}");
        }
    }
}

#[tokio::test]
async fn disabled_route_parser_leaves_body_untouched() {
    async fn length(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let (mut body, mut length) = (req.into_body(), 0);
        while let Some(chunk) = body.chunk().await? {
            length += chunk.len();
        }
        res.json(&length)
    }
    async fn ignores(_: ApiRequest, res: ApiResponse) -> Result {
        res.end()
    }
    let off = RouteConfig::new().body_parser(false);
    let api = ApiRouter::new()
        .config(RouteConfig::new().body_parser(true).size_limit("1kb"))
        .route("/stream", length.config(off.clone()))
        .route("/ignores", ignores.config(off.clone()))
        .route("/typed", length)
        .route(
            "/foreign",
            service_fn(|request: Request<Body>| async {
                assert!(request.extensions().get::<tower_api_routes::ParsedBody>().is_none());
                Ok::<_, Infallible>(Response::new(request.into_body()))
            }),
        )
        .route("/on", ignores);
    let large = || common::pieces(3000, 1000);
    for (path, status, text) in [
        ("/stream", 200, "3000000"),
        ("/typed", 200, "3000000"),
        ("/ignores", 200, ""),
        ("/on", 413, "Body exceeded 1kb limit"),
    ] {
        let response = call(api.clone(), post_to(path, "application/json", large())).await;
        assert_eq!(read_broken(response).await, (status, text.into()), "{path}");
    }
    let whole = read_broken(call(api.clone(), post_to("/foreign", "application/json", large())).await).await;
    assert_eq!(whole.1.len(), 3_000_000, "the router's parser is for handlers");
    let untouched = futures_util::stream::poll_fn(|_| -> std::task::Poll<Option<Result<&str, Infallible>>> {
        panic!("the body was touched")
    });
    let request = post_to("/ignores", "application/json", Body::from_stream(untouched));
    assert_eq!(call(api, request).await.status(), 200);
}

#[test]
fn typed_handler_without_parser_is_refused() {
    async fn typed(req: ApiRequest<String>, res: ApiResponse) -> Result {
        res.send(req.into_body())
    }
    async fn raw(_: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.end()
    }
    let (off, on) = (RouteConfig::new().body_parser(false), RouteConfig::new().body_parser(true));
    let api = || ApiRouter::new().config(off.clone());
    let problem = "its handler takes a parsed body, and its body parser is off";
    let refused = [
        ApiRouter::new().try_route("/x", typed.config(off.clone())),
        ApiRouter::new().try_route("/x", methods().get(probe).post(typed.config(off.clone()))),
        ApiRouter::new().try_route("/x", methods().post(typed).config(off.clone())),
        api().try_route("/x", typed),
        api().try_route("/x", typed.into_service()),
        api().try_route("/x", typed.layer(Identity::new())),
        ApiRouter::new().try_route("/x", methods().post(typed).layer(Identity::new()).config(off.clone())),
    ];
    for (i, result) in refused.into_iter().enumerate() {
        let message = result.err().unwrap_or_else(|| panic!("case {i} was taken")).to_string();
        assert!(message.contains(problem), "{message}");
    }
    let panics: [&dyn Fn(); 5] = [
        &|| drop(api().route("/x", typed)),
        &|| drop(api().fallback(typed)),
        &|| drop(ApiRouter::new().route("/x", typed).config(off.clone())),
        &|| drop(ApiRouter::new().fallback(typed).config(off.clone())),
        &|| drop(typed.config(off.clone()).into_service()),
    ];
    for (i, refuse) in panics.into_iter().enumerate() {
        assert!(message_of(refuse).contains(problem), "case {i}");
    }
    // These can live without a parser, or have it on again.
    drop(api().route("/dynamic", probe).route("/raw", raw).route("/on", typed.config(on)).fallback(probe));
    drop(api().route("/limit", typed.config(RouteConfig::new().size_limit("1kb"))));
}

#[tokio::test]
async fn a_function_around_a_service_has_its_settings() {
    async fn around(_: ApiRequest<Body>, res: ApiResponse, _: Next) -> Result {
        res.json(&1)
    }
    let config = RouteConfig::new;
    for (config, is_tagged) in [(config(), true), (config().etag(true), true), (config().etag(false), false)]
    {
        let route = any(probe.into_service()).wrap(around).config(config);
        let response = call(ApiRouter::new().route("/", route), get("/")).await;
        assert_eq!(response.headers().contains_key("etag"), is_tagged);
    }
}
