//! Methods, the table of routes, and the route that a response is recorded under.

use crate::common::panics::message_of;
use crate::common::{call, get, read};
use http::{Method, Request, Response};
use std::convert::Infallible;
use tower::service_fn;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, MatchedRoute, Next, Result, RouteConfig,
    RouteErrorKind, RouteInfo, TrailingSlash, methods,
};

async fn method(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.method().to_string())
}

#[tokio::test]
async fn methods_have_handlers_and_others_405() {
    let api = ApiRouter::new()
        .route("/get", methods().get(method))
        .route("/post", methods().post(method))
        .route("/head", methods().head(method).get(method).options(method))
        .route("/rest", methods().put(method).patch(method).delete(method).on(Method::TRACE, method))
        .route("/none", methods())
        .route("/any", method);
    let cases = [
        ("GET", "/get", 200, "", "GET"),
        ("HEAD", "/get", 200, "", ""),
        ("POST", "/get", 405, "GET, HEAD, OPTIONS", "Method Not Allowed"),
        ("OPTIONS", "/get", 204, "GET, HEAD, OPTIONS", ""),
        ("POST", "/post", 200, "", "POST"),
        ("GET", "/post", 405, "POST, OPTIONS", "Method Not Allowed"),
        ("HEAD", "/post", 405, "POST, OPTIONS", ""),
        ("OPTIONS", "/post", 204, "POST, OPTIONS", ""),
        ("GET", "/head", 200, "", "GET"),
        ("OPTIONS", "/head", 200, "", "OPTIONS"),
        ("PUT", "/head", 405, "HEAD, GET, OPTIONS", "Method Not Allowed"),
        ("PUT", "/rest", 200, "", "PUT"),
        ("PATCH", "/rest", 200, "", "PATCH"),
        ("DELETE", "/rest", 200, "", "DELETE"),
        ("TRACE", "/rest", 200, "", "TRACE"),
        ("GET", "/rest", 405, "PUT, PATCH, DELETE, TRACE, OPTIONS", "Method Not Allowed"),
        ("GET", "/none", 405, "OPTIONS", "Method Not Allowed"),
        ("PROPFIND", "/any", 200, "", "PROPFIND"),
    ];
    for (name, path, status, allow, body) in cases {
        let request = Request::builder().method(name).uri(path).body(Body::empty()).unwrap();
        let response = call(api.clone(), request).await;
        let got = response.headers().get("allow").map_or("", |value| value.to_str().unwrap()).to_owned();
        assert_eq!(got, allow, "{name} {path}");
        assert_eq!(read(response).await, (status, body.to_owned()), "{name} {path}");
    }
}

#[test]
fn a_method_is_registered_once() {
    let both = || methods().get(method).post(method);
    for known in [Method::GET, Method::POST] {
        let message = message_of(|| drop(both().on(known.clone(), method)));
        assert!(message.contains(&format!("the method {known} is registered twice")), "{message}");
    }
    for other in [Method::HEAD, Method::PUT] {
        drop(both().on(other, method));
    }
}

#[test]
fn table_shows_patterns_methods_and_settings() {
    let config = RouteConfig::new().size_limit("2kb");
    let inner = ApiRouter::new().config(RouteConfig::new().etag(false)).route("/x", method);
    let api = ApiRouter::new()
        .route("/b/[x]", methods().post(method).config(config))
        .route("/a", methods().get(method))
        .nest("/n", inner)
        .config(RouteConfig::new().max_duration_secs(5));
    let table = api.routes();
    assert_eq!((table.len(), table.is_empty()), (3, false));
    let row = |route: &RouteInfo| {
        let methods: Vec<_> = route.methods().iter().map(Method::as_str).collect();
        format!("{} [{}] {}", route.pattern(), methods.join(", "), route.config())
    };
    let expected = [
        "/a [GET, HEAD, OPTIONS] maxDuration: 5s",
        "/b/[x] [POST, OPTIONS] sizeLimit: 2kb, maxDuration: 5s",
        "/n/x [] maxDuration: 5s, etag: false",
    ];
    assert_eq!(table.iter().map(row).collect::<Vec<_>>(), expected);
    assert_eq!((&table).into_iter().map(row).collect::<Vec<_>>(), expected);
    let printed = table.to_string();
    for part in
        ["GET, HEAD, OPTIONS  { maxDuration: 5s }", "POST, OPTIONS  { sizeLimit: 2kb, maxDuration: 5s }"]
    {
        assert!(printed.contains(part), "{printed}");
    }

    let plain = ApiRouter::new().route("/a", methods().get(method)).route("/b", method).routes().to_string();
    assert!(plain.contains("GET, HEAD, OPTIONS") && !plain.contains('{'), "{plain}");
    let none = ApiRouter::new().routes();
    assert_eq!((none.len(), none.is_empty(), none.iter().count()), (0, true, 0));
    assert_eq!(ApiRouter::new().route("/a", method).routes().len(), 1);
}

#[test]
fn table_shows_what_single_methods_have() {
    let large = || RouteConfig::new().size_limit("8mb");
    let mixed = || methods().get(method).post(method.config(large())).put(method.config(large().etag(true)));
    let route = RouteConfig::new().etag(false);
    let cases = [
        (methods().get(method).config(RouteConfig::new()), "GET, HEAD, OPTIONS"),
        (
            mixed().config(RouteConfig::new()),
            "GET, POST, PUT, HEAD, OPTIONS  POST { sizeLimit: 8mb }  PUT { sizeLimit: 8mb }",
        ),
        (
            mixed().config(route.clone()),
            "GET, POST, PUT, HEAD, OPTIONS  { etag: false }  POST { sizeLimit: 8mb, etag: false }  PUT { sizeLimit: 8mb }",
        ),
        (
            methods().get(method.config(RouteConfig::new().etag(true))).config(route.clone()),
            "GET, HEAD, OPTIONS  { etag: false }  GET {}",
        ),
        // What says the same as the route is not a configuration of its own.
        (
            methods().get(method.config(route.clone())).config(route.clone()),
            "GET, HEAD, OPTIONS  { etag: false }",
        ),
        (
            methods().post(method.config(large())).layer(tower::layer::util::Identity::new()).config(route),
            "POST, OPTIONS  { etag: false }  POST { sizeLimit: 8mb, etag: false }",
        ),
    ];
    for (route, expected) in cases {
        let api = ApiRouter::new().route("/a", route);
        let table = api.routes().to_string();
        let row = table.lines().nth(1).unwrap();
        assert_eq!(row.split_once("/a").unwrap().1.trim(), expected);
    }

    let router = RouteConfig::new().max_duration_secs(5);
    let api = ApiRouter::new().route("/a", mixed()).config(router);
    let table = api.routes();
    let row = table.iter().next().unwrap();
    let configs: Vec<_> =
        row.method_configs().iter().map(|(method, config)| format!("{method} {config}")).collect();
    assert_eq!(
        configs,
        ["POST sizeLimit: 8mb, maxDuration: 5s", "PUT sizeLimit: 8mb, maxDuration: 5s, etag: true"]
    );
    assert_eq!(row.config().to_string(), "maxDuration: 5s");
}

/// Whatever else is in the extensions. Of routers in routers, the inner route is the more specific one.
#[tokio::test]
async fn a_response_is_recorded_under_its_route() {
    #[derive(Clone)]
    struct Other;
    async fn extended(_: ApiRequest, mut res: ApiResponse) -> Result {
        res.extensions_mut().insert(Other);
        res.end()
    }
    async fn around(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        next.run(req, res).await
    }
    /// A handler that passes on the response of another router is still the route.
    async fn forwards(_: ApiRequest, res: ApiResponse) -> Result {
        let other = ApiRouter::new().route("/other", method);
        res.forward(call(other, get("/other")).await)
    }
    let plain = || service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::empty())) });
    let with_extension = || {
        service_fn(|_: Request<Body>| async {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(Other);
            Ok::<_, Infallible>(response)
        })
    };
    let api = ApiRouter::new()
        .expose_matched_route(true)
        .route("/handler/[x]", method)
        .route("/extended/[x]", extended)
        .route("/forwards/[x]", forwards)
        .route("/service/[x]", plain())
        .route("/extension/[x]", with_extension())
        .route("/inner/[...rest]", ApiRouter::new().route("/inner/[id]", method))
        .route("/wrapped/[...rest]", ApiRouter::new().route("/wrapped/[id]", method).wrap(around));
    let cases = [
        ("/handler/1", Some("/handler/[x]")),
        ("/extended/1", Some("/extended/[x]")),
        ("/forwards/1", Some("/forwards/[x]")),
        ("/service/1", Some("/service/[x]")),
        ("/extension/1", Some("/extension/[x]")),
        ("/inner/1", Some("/inner/[id]")),
        ("/inner/1/2", Some("/inner/[...rest]")),
        ("/wrapped/1", Some("/wrapped/[id]")),
        ("/wrapped/1/2", Some("/wrapped/[...rest]")),
        ("/nowhere", None),
    ];
    for (path, route) in cases {
        let response = call(api.clone(), get(path)).await;
        assert_eq!(response.extensions().get().map(MatchedRoute::as_str), route, "{path}");
    }
}

#[tokio::test]
async fn of_nested_routers_each_keeps_its_own_state() {
    async fn states(req: ApiRequest, res: ApiResponse) -> Result {
        let (number, word) = (req.state::<u8>().ok(), req.state::<&str>().ok());
        res.send(format!("{number:?} {word:?}"))
    }
    let leaf = |number: u8| ApiRouter::new().state(number).route("/x", states);
    let branch = |word: &'static str| {
        let branch = ApiRouter::new().state(word).route("/x", states);
        branch.nest("/one", leaf(1)).nest("/two", leaf(2)).nest("/none", ApiRouter::new().route("/x", states))
    };
    let api =
        ApiRouter::new().state(9_u8).route("/x", states).nest("/a", branch("a")).nest("/b", branch("b"));
    let cases = [
        ("/x", "Some(9) None"),
        ("/a/x", "Some(9) Some(\"a\")"),
        ("/a/one/x", "Some(1) Some(\"a\")"),
        ("/a/two/x", "Some(2) Some(\"a\")"),
        ("/a/none/x", "Some(9) Some(\"a\")"),
        ("/b/one/x", "Some(1) Some(\"b\")"),
        ("/b/two/x", "Some(2) Some(\"b\")"),
    ];
    for (path, text) in cases {
        assert_eq!(read(call(api.clone(), get(path)).await).await, (200, text.to_owned()), "{path}");
    }
}

#[test]
fn same_paths_merge_and_duplicate_fallbacks_fail() {
    let router = || ApiRouter::new().base_path("/docs").trailing_slash(TrailingSlash::Require);
    drop(router().merge(router()));
    drop(router().merge(ApiRouter::new()));
    let fallback = || ApiRouter::new().fallback(method);
    let twice = |prefix: &str| ApiRouter::new().nest("/a/[x]", fallback()).try_nest(prefix, fallback());
    for (prefix, fits) in [("/a/[x]", false), ("/a/[x]/b", true), ("/a", true), ("/b/[x]", true)] {
        let result = twice(prefix).map_err(|error| error.kind());
        assert_eq!(result.as_ref().err(), (!fits).then_some(&RouteErrorKind::Duplicate), "{prefix}");
    }
}
