//! The proxy in a router, and in a handler.

use crate::support::{Front, Origin, Reply, front, get, head, nowhere, proxy, read, status};
use http::{Method, Request};
use std::time::Duration;
use tower::{Service as _, ServiceExt as _};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, MaxDurationLayer, Proxy, Result,
    RouteConfig, methods,
};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("from Rust")
}

#[tokio::test]
async fn unmoved_routes_are_proxied() {
    let origin = Origin::start(|_, request| Reply::ok(request.lines().next().unwrap())).await;
    let api = ApiRouter::new().route("/api/hello", hello).fallback(origin.proxy());
    let cases = [
        ("/api/hello", 200, "from Rust"),
        ("/api/other?x=1", 200, "GET /api/other?x=1 HTTP/1.1"),
        ("/_next/static/a.js", 200, "GET /_next/static/a.js HTTP/1.1"),
        ("/", 200, "GET / HTTP/1.1"),
        // The router's own: the path without the last slash has a route.
        ("/api/hello/", 308, "/api/hello"),
    ];
    for (path, status, body) in cases {
        let response = api.clone().oneshot(get(path)).await.unwrap();
        assert_eq!(read(response).await, (status, body.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn one_route_is_served_by_the_origin() {
    let origin = Origin::start(|_, request| Reply::ok(request.lines().next().unwrap())).await;
    let api = ApiRouter::new().route("/api/legacy/[...path]", origin.proxy());
    let response = api.oneshot(get("/api/legacy/a/b?c")).await.unwrap();
    assert_eq!(read(response).await, (200, "GET /api/legacy/a/b?c HTTP/1.1".into()));
}

#[test]
fn the_table_names_what_is_forwarded() {
    let next = || Proxy::new("http://127.0.0.1:3000").unwrap();
    let old = || Proxy::new("http://old.example:5000").unwrap().set_header("authorization", "secret");
    let inner = ApiRouter::new().route("/hello", hello).fallback(old());
    let api = ApiRouter::new()
        .route("/all", next().layer(MaxDurationLayer::new(Duration::from_secs(5))))
        .route("/get", methods().get(hello).fallback(next()))
        .route("/some", methods().get(next()).put(next()).post(old()))
        .route("/two", methods().get(hello).post(old()).fallback(next()))
        .nest_service("/below", old())
        .nest("/inner", inner)
        .fallback(next())
        .layer(MaxDurationLayer::new(Duration::from_secs(9)));
    let table = api.routes();
    assert_eq!(
        table.to_string(),
        "\
Route (api)
┌ ○ /all                → http://127.0.0.1:3000
├ * /below/[[...path]]  → http://old.example:5000
├ ○ /get                GET, HEAD, OPTIONS  other methods → http://127.0.0.1:3000
├ ○ /inner/hello
├ ○ /some               GET, PUT, POST, HEAD, OPTIONS  GET, PUT, HEAD → http://127.0.0.1:3000  POST → http://old.example:5000
└ ○ /two                GET, POST, HEAD, OPTIONS  POST → http://old.example:5000  other methods → http://127.0.0.1:3000

○  (static)     one path
*  (catch-all)  any number of segments

all other paths below /inner → http://old.example:5000
all other paths → http://127.0.0.1:3000
"
    );
    let origin = |pattern: &str, method: Method| {
        let route = table.iter().find(|route| route.pattern() == pattern).unwrap();
        route.origin(&method).map(|origin| origin.rsplit(':').next().unwrap().to_owned())
    };
    let cases = [
        ("/all", Method::GET, Some("3000")),
        ("/below/[[...path]]", Method::PATCH, Some("5000")),
        ("/get", Method::GET, None),
        ("/get", Method::HEAD, None),
        ("/get", Method::PUT, Some("3000")),
        ("/inner/hello", Method::GET, None),
        ("/some", Method::HEAD, Some("3000")),
        ("/some", Method::POST, Some("5000")),
        ("/some", Method::DELETE, None),
        ("/two", Method::GET, None),
        ("/two", Method::POST, Some("5000")),
        ("/two", Method::DELETE, Some("3000")),
    ];
    for (pattern, method, port) in cases {
        assert_eq!(origin(pattern, method.clone()).as_deref(), port, "{method} {pattern}");
    }
    assert_eq!(table.fallback_origin(), Some("http://127.0.0.1:3000"));
    assert_eq!(ApiRouter::new().fallback(hello).routes().fallback_origin(), None);
}

/// As Next.js's own test of a proxy: another API route is asked, and its response comes back.
async fn to_another_route(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let next = req.state::<Proxy>()?.clone();
    let mut request = req.into_request();
    *request.uri_mut() = "/api/target".parse()?;
    res.set_header("x-from", "handler").cookie(("mine", "1")).forward(next.send(request).await?)
}

/// The same through the service.
async fn by_call(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut next = req.state::<Proxy>()?.clone();
    res.forward(next.call(req.into_request()).await?)
}

fn api(proxy: Proxy) -> ApiRouter {
    ApiRouter::new()
        .state(proxy)
        .route("/api/proxy", to_another_route)
        .route("/api/by-call", by_call)
        .route("/api/parsed", to_another_route.config(RouteConfig::new().body_parser(false)))
        .map_error(|error, _| Error::json(error.status(), &error.message()))
}

const POST: &str =
    "HTTP/1.1\r\nhost: a\r\ncookie: session=1\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody";

#[tokio::test]
async fn a_handler_forwards_to_another_api_route() {
    let response =
        "HTTP/1.1 201 Created\r\nset-cookie: theirs=2\r\ncontent-type: text/x\r\ncontent-length: 2\r\n\r\nok";
    let origin = Origin::start(move |_, _| Reply::send(response)).await;
    let front = front(api(origin.proxy())).await;
    let response = front.ask(format!("POST /api/proxy {POST}")).await;
    assert_eq!(status(&response), 201, "{response}");
    for line in ["set-cookie: mine=1", "set-cookie: theirs=2", "x-from: handler", "content-type: text/x"] {
        assert!(head(&response).contains(&line.to_owned()), "{line}: {response}");
    }
    let request = origin.requests().pop().unwrap();
    assert!(
        request.starts_with("POST /api/target HTTP/1.1\r\n") && request.ends_with("\r\n\r\nbody"),
        "{request}"
    );
    assert!(request.contains("cookie: session=1\r\n"), "{request}");

    let mut over_http_2 = Request::post("/api/proxy").body(Body::from("body")).unwrap();
    over_http_2.headers_mut().append("cookie", "a=1".parse().unwrap());
    over_http_2.headers_mut().append("cookie", "b=2".parse().unwrap());
    let response = front.request(true, over_http_2).await;
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(read(response).await, (201, "ok".into()));
    assert!(origin.requests().pop().unwrap().contains("cookie: a=1; b=2\r\n"));
}

#[tokio::test]
async fn origin_disconnect_is_a_handler_error() {
    let cut = Origin::start(|_, _| Reply::Close).await;
    for proxy in [cut.proxy(), proxy(nowhere().await)] {
        let front: Front = front(api(proxy)).await;
        for path in ["/api/proxy", "/api/by-call"] {
            let response = front.ask(format!("POST {path} {POST}")).await;
            assert!(
                status(&response) == 502 && response.ends_with("\r\n\r\n\"Bad Gateway\""),
                "{path}: {response}"
            );
            let response = front.request(true, Request::post(path).body(Body::from("x")).unwrap()).await;
            assert_eq!(read(response).await, (502, "\"Bad Gateway\"".into()), "{path}");
        }
    }
}

#[tokio::test]
async fn the_service_runs_in_any_other_tower_server() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let app = axum::Router::new().fallback_service(origin.proxy());
    let response = app.oneshot(get("/x").map(axum::body::Body::new)).await.unwrap();
    assert_eq!(read(response).await, (200, "ok".into()));
}
