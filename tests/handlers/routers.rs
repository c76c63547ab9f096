//! Routers from routers, layers around routes, and a router in front of another service.

use crate::common::panics::message_of;
use crate::common::{call, get, post_to as post, read};
use http::{HeaderValue, Request, Response, StatusCode};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::limit::ConcurrencyLimitLayer;
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, MatchedRoute, Result, RouteConfig,
    TrailingSlash, methods,
};
use tower_http::map_response_body::MapResponseBodyLayer;
use tower_http::set_header::SetResponseHeaderLayer;

async fn route(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.route().unwrap_or("none").to_owned())
}

/// A layer that appends its name to the header `layers`.
fn named(name: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::appending(http::HeaderName::from_static("layers"), HeaderValue::from_static(name))
}

/// Returns the status, and the layers from the inside out.
async fn asked(api: &ApiRouter, request: Request<Body>) -> (u16, String) {
    let response = api.clone().oneshot(request).await.unwrap();
    let layers = response.headers().get_all("layers").iter().map(|name| name.to_str().unwrap());
    (response.status().as_u16(), layers.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn layer_wraps_earlier_routes_and_own_responses() {
    let api = ApiRouter::new()
        .route("/api/old", methods().get(route))
        .layer(named("a"))
        .route("/api/new", methods().get(route))
        .route("/api/[x]/y", route)
        .layer(named("b"))
        .route_layer(named("c"))
        .route("/api/last", methods().post(route));
    let cases = [
        (get("/api/old"), 200, "a b c"),
        (get("/api/new"), 200, "b c"),
        (get("/api/1/y"), 200, "b c"),
        (get("/api/last"), 405, "a b"),
        (post_to("/api/last"), 200, ""),
        (post_to("/api/old"), 405, "a b c"),
        (post_to("/api/new"), 405, "a b c"),
        (get("/api/none"), 404, "a b"),
        (get("/api/old/"), 308, "a b"),
        (get("/api/%ZZ/y"), 400, "a b"),
    ];
    for (request, status, layers) in cases {
        let what = format!("{} {}", request.method(), request.uri());
        assert_eq!(asked(&api, request).await, (status, layers.to_owned()), "{what}");
    }
}

fn post_to(path: &str) -> Request<Body> {
    post(path, "text/plain", "")
}

#[tokio::test]
async fn layer_wraps_fallback_and_route_layer_does_not() {
    let late = ApiRouter::new().layer(named("a")).fallback(route);
    let early = ApiRouter::new().fallback(route).layer(named("a")).route_layer(named("b"));
    assert_eq!(asked(&late, get("/x")).await, (200, String::new()));
    assert_eq!(asked(&early, get("/x")).await, (200, "a".into()));
}

#[tokio::test]
async fn layer_knows_route_and_routers_errors() {
    let refuse = tower::filter::FilterLayer::new(|request: Request<Body>| {
        match request.extensions().get::<MatchedRoute>().map(|route| route.as_str() == "/api/[x]") {
            Some(true) => Err(std::io::Error::other("not this one")),
            _ => Ok(request),
        }
    });
    let api = ApiRouter::new()
        .route("/api/[x]", route)
        .route("/api/open", route)
        .map_error(|error, request| match error.downcast_ref::<std::io::Error>() {
            Some(io) => Error::new(403, format!("{io} ({})", request.route.unwrap_or("none"))),
            None => error,
        })
        .layer(refuse);
    assert_eq!(read(call(api.clone(), get("/api/1")).await).await, (403, "not this one (/api/[x])".into()));
    assert_eq!(read(call(api.clone(), get("/api/open")).await).await, (200, "/api/open".into()));
}

#[tokio::test(start_paused = true)]
async fn layer_is_outside_the_routers_config() {
    async fn slow(_: ApiRequest, res: ApiResponse) -> Result {
        tokio::time::sleep(Duration::from_secs(60)).await;
        res.end()
    }
    let config = RouteConfig::new().max_duration(Duration::from_secs(1));
    let before = ApiRouter::new().config(config.clone()).route("/", slow).layer(named("a"));
    let after = ApiRouter::new().route("/", slow).layer(named("a")).config(config);
    for api in [before, after] {
        assert_eq!(asked(&api, get("/")).await, (504, "a".into()));
    }
}

#[tokio::test]
async fn merged_routes_keep_their_routers_settings() {
    async fn states(req: ApiRequest, res: ApiResponse) -> Result {
        let number = req.state::<u8>().map_or_else(|_| "-".to_owned(), ToString::to_string);
        let word = req.state::<&str>().copied().unwrap_or("-");
        res.send(format!("{} {number} {word}", req.route().unwrap_or("none")))
    }
    async fn fail(_: ApiRequest, _: ApiResponse) -> Result {
        Err(std::io::Error::other("secret").into())
    }
    let inner = || {
        ApiRouter::new()
            .state(1_u8)
            .map_error(|_, _| Error::new(418, "inner"))
            .route("/", states)
            .route("/[id]", states)
            .route("/fail", fail)
            .layer(named("inner"))
            .route("/get", methods().get(states))
    };
    let api = ApiRouter::new()
        .state(2_u8)
        .state("outer")
        .map_error(|_, _| Error::new(502, "outer"))
        .route("/own", states)
        .route("/fail", fail)
        .nest("/api/[tenant]/posts", inner())
        .merge(ApiRouter::new().route("/merged", states))
        .layer(named("outer"));
    let cases = [
        (get("/own"), 200, "/own 2 outer", "outer"),
        (get("/merged"), 200, "/merged 2 outer", "outer"),
        (get("/fail"), 502, "outer", "outer"),
        (get("/api/acme/posts"), 200, "/api/[tenant]/posts 1 outer", "inner outer"),
        (get("/api/acme/posts/7"), 200, "/api/[tenant]/posts/[id] 1 outer", "inner outer"),
        (get("/api/acme/posts/fail"), 418, "inner", "inner outer"),
        (get("/api/acme/posts/get"), 200, "/api/[tenant]/posts/get 1 outer", "outer"),
        (post_to("/api/acme/posts/get"), 418, "inner", "inner outer"),
        (get("/api/acme/posts/7/8"), 502, "outer", "outer"),
    ];
    for (request, status, body, layers) in cases {
        let what = format!("{} {}", request.method(), request.uri());
        let response = api.clone().oneshot(request).await.unwrap();
        let got: Vec<_> =
            response.headers().get_all("layers").iter().map(|name| name.to_str().unwrap()).collect();
        assert_eq!(got.join(" "), layers, "{what}");
        assert_eq!(read(response).await, (status, body.to_owned()), "{what}");
    }
}

#[tokio::test]
async fn configuration_is_inherited_by_field() {
    let config = RouteConfig::new;
    let inner = ApiRouter::new()
        .config(config().size_limit("1kb").etag(false))
        .route("/a", route.config(config().size_limit("2kb")))
        .route("/b", route);
    let api = ApiRouter::new().nest("/api", inner).config(config().size_limit("8kb").max_duration_secs(9));
    let shown: Vec<_> = api.routes().iter().map(|route| route.config().to_string()).collect();
    assert_eq!(
        shown,
        ["sizeLimit: 2kb, maxDuration: 9s, etag: false", "sizeLimit: 1kb, maxDuration: 9s, etag: false"]
    );
}

#[tokio::test]
async fn longest_prefix_chooses_the_nested_fallback() {
    fn say(what: &'static str) -> impl Clone + Fn(ApiRequest, ApiResponse) -> std::future::Ready<Result> {
        move |_: ApiRequest, res: ApiResponse| std::future::ready(res.send(what))
    }
    let api = ApiRouter::new()
        .fallback(say("all"))
        .nest("/api/[x]", ApiRouter::new().route("/y", say("y")).fallback(say("x")))
        .nest("/api/v1/deep", ApiRouter::new().fallback(say("deep")));
    let cases = [
        ("/", "all"),
        ("/api", "all"),
        ("/api/1", "x"),
        ("/api/1/z", "x"),
        ("/api/1/y", "y"),
        ("/api/v1/deep", "deep"),
        ("/api/v1/deep/er", "deep"),
        ("/api/v1/deeper", "x"),
        ("/api/v1/deep/../z", "x"),
        ("/api/%64eep/z", "x"),
    ];
    for (path, body) in cases {
        assert_eq!(read(call(api.clone(), get(path)).await).await, (200, body.to_owned()), "{path}");
    }
}

#[test]
fn contradicting_routers_panic_with_a_sentence() {
    async fn typed(_: ApiRequest<String>, res: ApiResponse) -> Result {
        res.end()
    }
    let one = |pattern: &str| ApiRouter::new().route(pattern, route);
    let off = || ApiRouter::new().config(RouteConfig::new().body_parser(false));
    let cases: [(&dyn Fn() -> ApiRouter, &str); 14] = [
        (&|| one("/a").merge(one("/a")), "registered already"),
        (&|| one("/[a]").merge(one("/[b]")), "the same name in both"),
        (&|| one("/a").nest("/", one("/b")), "use `merge`, not `nest`"),
        (&|| one("/a").nest("api", one("/b")), "starts with a slash"),
        (&|| one("/a").nest("/[...x]", one("/b")), "no catch-all"),
        (&|| one("/a").nest("/[a]", one("/[a]")), "used twice"),
        (&|| one("/a").fallback(route).merge(ApiRouter::new().fallback(route)), "a fallback already"),
        (&|| one("/a").fallback(route).fallback(route), "a fallback already"),
        (&|| one("/a").merge(one("/b").base_path("/docs")), "`base_path`"),
        (&|| one("/a").merge(one("/b").trailing_slash(TrailingSlash::Require)), "`trailing_slash`"),
        (&|| one("/a").base_path("/docs/"), "no empty segments"),
        (&|| one("/a").base_path("docs"), "starts with a slash"),
        (&|| one("/a").base_path("/[x]"), "no parameters"),
        (&|| off().merge(ApiRouter::new().route("/a", typed)), "body parser is off"),
    ];
    for (i, (build, part)) in cases.into_iter().enumerate() {
        let message = message_of(|| drop(build()));
        assert!(message.contains(part), "case {i}: {message}");
    }
    let same = one("/a").base_path("/docs").merge(one("/b").base_path("/docs"));
    assert_eq!(same.route_for(&"/docs/b".parse().unwrap()), Some("/b"));
}

/// Never ready, and fails when it is.
#[derive(Clone)]
struct Saturated;

impl Service<Request<Body>> for Saturated {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<std::result::Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        unreachable!("it is never ready")
    }
}

#[tokio::test(start_paused = true)]
async fn routes_respond_before_an_unready_service() {
    let site = ApiRouter::new().route("/api/hello", route).layer(named("a")).in_front_of(Saturated);
    for _ in 0..3 {
        let response = site.clone().oneshot(get("/api/hello")).await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["layers"], "a");
    }
    let waits = tokio::time::timeout(Duration::from_secs(60), site.oneshot(get("/page"))).await;
    assert!(waits.is_err(), "the readiness of the inner service is awaited for its own requests");
}

#[tokio::test]
async fn in_front_of_redirects_own_paths_only() {
    let page =
        service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::from("a page"))) });
    let api = ApiRouter::new().route("/api/[x]", route).fallback(route).layer(named("a"));
    let direct = api.clone().in_front_of(page);
    let layered = ServiceBuilder::new().layer(api.into_layer()).service(page);
    let cases = [
        ("/api/1", 200, "a", "/api/[x]"),
        ("/api/1/", 308, "a", "/api/1"),
        ("/api/%ZZ", 400, "a", "Bad Request"),
        ("/page/", 200, "", "a page"),
        ("//page", 200, "", "a page"),
    ];
    for (path, status, layers, body) in cases {
        for service in [direct.clone(), layered.clone()] {
            let response = service.oneshot(get(path)).await.unwrap();
            let got = response.headers().get("layers").map_or("", |name| name.to_str().unwrap()).to_owned();
            assert_eq!(got, layers, "{path}");
            assert_eq!(read(response).await, (status, body.to_owned()), "{path}");
        }
    }
}

#[tokio::test]
async fn inner_router_names_the_route() {
    let inner = ApiRouter::new().route("/api/post/[pid]", route);
    let api = ApiRouter::new().expose_matched_route(true).route("/api/[...rest]", inner);
    let response = api.oneshot(get("/api/post/1")).await.unwrap();
    assert_eq!(response.extensions().get::<MatchedRoute>().unwrap().as_str(), "/api/post/[pid]");
}

#[tokio::test]
async fn layer_is_called_once_per_route() {
    let services = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&services);
    let counting = tower::layer::layer_fn(move |inner: tower_api_routes::RouteService| {
        count.fetch_add(1, Ordering::Relaxed);
        inner
    });
    let api = ApiRouter::new()
        .route("/a", route)
        .route("/b", route)
        .layer(counting)
        .layer(ConcurrencyLimitLayer::new(1))
        .layer(MapResponseBodyLayer::new(|body| http_body_util::Limited::new(body, 1024)));
    for path in ["/a", "/b", "/a"] {
        assert_eq!(api.clone().oneshot(get(path)).await.unwrap().status(), StatusCode::OK);
    }
    assert_eq!(services.load(Ordering::Relaxed), 3, "two routes and the router's own responses");
}
