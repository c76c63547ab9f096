//! Handlers, methods, state and errors, in process.

use crate::common::panics::message_of;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::sync::{Arc, Mutex};
use tower::ServiceExt as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Cookie, Error, HandlerExt as _, MatchedRoute, ParsedBody,
    RawBody, Result, RouteConfig, handler, methods,
};

async fn call(router: &ApiRouter, request: Request<Body>) -> Response<Body> {
    router.clone().oneshot(request).await.unwrap()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn post(content_type: &str, body: &'static str) -> Request<Body> {
    Request::post("/").header("content-type", content_type).body(Body::from(body)).unwrap()
}

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("hello")
}

async fn method(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.method().to_string())
}

#[tokio::test]
async fn methods_are_told_apart() {
    let router = ApiRouter::new()
        .route("/", methods().get(method).post(method))
        .route("/own", methods().get(hello).options(method).head(method).on(Method::TRACE, method));
    let cases = [
        ("GET", "/", 200, None, "GET"),
        ("POST", "/", 200, None, "POST"),
        ("HEAD", "/", 200, None, ""),
        ("OPTIONS", "/", 204, Some("GET, POST, HEAD, OPTIONS"), ""),
        ("DELETE", "/", 405, Some("GET, POST, HEAD, OPTIONS"), "Method Not Allowed"),
        ("PROPFIND", "/", 405, Some("GET, POST, HEAD, OPTIONS"), "Method Not Allowed"),
        ("OPTIONS", "/own", 200, None, "OPTIONS"),
        ("TRACE", "/own", 200, None, "TRACE"),
    ];
    for (name, path, status, allow, body) in cases {
        let response =
            call(&router, Request::builder().method(name).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!(response.status(), status, "{name} {path}");
        assert_eq!(
            response.headers().get("allow").map(|value| value.to_str().unwrap()),
            allow,
            "{name} {path}"
        );
        assert_eq!(text(response).await, body, "{name} {path}");
    }
    let head = call(&router, Request::head("/").body(Body::empty()).unwrap()).await;
    assert_eq!(head.headers()["content-length"], "4", "HEAD tells the length of its own response");
}

#[tokio::test]
async fn body_has_the_handlers_type() {
    #[derive(Deserialize, Serialize)]
    struct Post {
        title: String,
        stars: Option<u8>,
    }
    let typed = ApiRouter::new()
        .route("/", handler(|req: ApiRequest<Post>, res| async move { res.json(req.body()) }));
    let dynamic = ApiRouter::new().route(
        "/",
        handler(|req: ApiRequest, res| async move {
            res.send(format!("{} {}", req.body().kind(), json!(req.body())))
        }),
    );
    let raw = ApiRouter::new()
        .route("/", handler(|req: ApiRequest<RawBody>, res| async move { res.send(req.body().0.clone()) }));
    let (json, form, plain) = ("application/json", "application/x-www-form-urlencoded", "text/plain");
    let cases = [
        (&typed, json, r#"{"title":"a","stars":5}"#, 200, r#"{"title":"a","stars":5}"#),
        (&typed, form, "title=a&stars=5", 200, r#"{"title":"a","stars":5}"#),
        (
            &typed,
            json,
            r#"{"title":"a","stars":500}"#,
            422,
            "Invalid body: stars: invalid value: integer `500`, expected u8 at line 1 column 24",
        ),
        (
            &typed,
            form,
            "title=a&stars=x",
            422,
            "Invalid body: stars: `x` is not a number: invalid digit found in string",
        ),
        (&typed, json, "{", 400, "Invalid JSON"),
        (&dynamic, json, "[1]", 200, "array [1]"),
        (&dynamic, json, "", 200, "object {}"),
        (&dynamic, form, "a=1&a=2", 200, r#"object {"a":["1","2"]}"#),
        (&dynamic, plain, "x", 200, r#"string "x""#),
        (&raw, json, "{not json", 200, "{not json"),
    ];
    for (router, content_type, body, status, expected) in cases {
        let response = call(router, post(content_type, body)).await;
        assert_eq!(response.status(), status, "{content_type} {body}");
        assert_eq!(text(response).await, expected, "{content_type} {body}");
    }
    assert_eq!(call(&typed, post(plain, "x")).await.status(), 415);
}

#[tokio::test]
async fn the_raw_bytes_stay_beside_the_parsed_value() {
    let router = ApiRouter::new().route(
        "/",
        handler(|req: ApiRequest, res| async move {
            res.send(format!("{:?} {:?}", req.body().get("a"), req.raw_body()))
        }),
    );
    let response = call(&router, post("application/json", r#"{ "a": "1" }"#)).await;
    assert_eq!(text(response).await, r#"Some("1") b"{ \"a\": \"1\" }""#);
}

#[tokio::test]
async fn state_is_found_by_type_or_500() {
    struct Greeting(&'static str);
    async fn greet(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(req.state::<Greeting>()?.0)
    }
    // In whatever order the router is built.
    let router = ApiRouter::new().route("/", greet).state(Greeting("old")).state(Greeting("hi")).state(5_u8);
    assert_eq!(text(call(&router, get("/")).await).await, "hi");
    // In an `Arc`, which an axum router next to it may have, too.
    let router = ApiRouter::new().route("/", greet).state(Arc::new(Greeting("shared")));
    assert_eq!(text(call(&router, get("/")).await).await, "shared");
    let router = router.state(Greeting("itself"));
    assert_eq!(text(call(&router, get("/")).await).await, "itself");

    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    let router =
        ApiRouter::new().route("/", greet).on_error(move |error, _| *log.lock().unwrap() = error.to_string());
    let response = call(&router, get("/")).await;
    assert_eq!(response.status(), 500);
    assert_eq!(text(response).await, "Internal Server Error");
    assert!(seen.lock().unwrap().contains("Greeting"), "the log names the type");
}

#[derive(Debug)]
struct NotFound(u32);

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no row {}", self.0)
    }
}

impl std::error::Error for NotFound {}

#[tokio::test]
async fn errors_become_responses() {
    async fn domain(_req: ApiRequest, _res: ApiResponse) -> Result {
        Err(NotFound(7))?
    }
    async fn panics(_req: ApiRequest, _res: ApiResponse) -> Result {
        panic!("the secret is 42")
    }
    async fn boxed(_req: ApiRequest, _res: ApiResponse) -> Result {
        Err("secret".into())
    }
    async fn told(_req: ApiRequest, _res: ApiResponse) -> Result {
        Err(Error::json(409, &json!({ "code": "taken" })))
    }
    async fn kept(_req: ApiRequest, res: ApiResponse) -> Result {
        let res = res.set_header("access-control-allow-origin", "*");
        Err(res.fail(NotFound(1)))
    }
    let routes = |router: ApiRouter| {
        router
            .route("/domain/[id]", domain)
            .route("/panics", panics)
            .route("/boxed", boxed)
            .route("/told", told)
            .route("/kept", kept)
    };
    let plain = routes(ApiRouter::new());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let mapped = routes(ApiRouter::new())
        .map_error(|error, request| match error.downcast_ref::<NotFound>() {
            Some(_) => {
                Error::new(404, format!("{} {} {}", request.method, request.path(), request.route.unwrap()))
            }
            None => error,
        })
        .on_error(move |error, _| log.lock().unwrap().push(error.to_string()));
    let cases = [
        (&plain, "/domain/1", 500, "Internal Server Error"),
        (&plain, "/panics", 500, "Internal Server Error"),
        (&plain, "/boxed", 500, "Internal Server Error"),
        (&plain, "/told", 409, r#"{"code":"taken"}"#),
        (&mapped, "/domain/1", 404, "GET /domain/1 /domain/[id]"),
        (&mapped, "/panics", 500, "Internal Server Error"),
    ];
    for (router, path, status, body) in cases {
        let response = call(router, get(path)).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(text(response).await, body, "{path}");
    }
    assert_eq!(*seen.lock().unwrap(), ["no row 7", "the handler panicked: the secret is 42"]);
    assert_eq!(call(&plain, get("/kept")).await.headers()["access-control-allow-origin"], "*");
}

#[tokio::test]
async fn invalid_header_is_500() {
    async fn line_break(_req: ApiRequest, res: ApiResponse) -> Result {
        res.set_header("x-a", "1\r\nx-evil: 1").json(&1)
    }
    async fn name(_req: ApiRequest, res: ApiResponse) -> Result {
        res.set_header("x a", "1").send("x")
    }
    async fn status(_req: ApiRequest, res: ApiResponse) -> Result {
        res.status(99).send("x")
    }
    async fn informational(_req: ApiRequest, res: ApiResponse) -> Result {
        res.status(101).end()
    }
    async fn redirect(req: ApiRequest, res: ApiResponse) -> Result {
        res.redirect(req.query().get("to").unwrap_or_default())
    }
    async fn cookie(_req: ApiRequest, res: ApiResponse) -> Result {
        res.cookie(Cookie::new("a;b", "1")).end()
    }
    let router = ApiRouter::new()
        .route("/line-break", line_break)
        .route("/name", name)
        .route("/status", status)
        .route("/informational", informational)
        .route("/redirect", redirect)
        .route("/cookie", cookie);
    for path in ["/line-break", "/name", "/status", "/informational", "/redirect?to=/a%0d%0ax:y", "/cookie"] {
        let response = call(&router, get(path)).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(
            !response.headers().contains_key("x-evil") && !response.headers().contains_key("x"),
            "{path}"
        );
    }
    let response = call(&router, get("/redirect?to=/a")).await;
    assert_eq!((response.status().as_u16(), &response.headers()["location"]), (307, &"/a".parse().unwrap()));
}

#[tokio::test]
async fn cookies_are_written_encoded() {
    async fn login(_req: ApiRequest, res: ApiResponse) -> Result {
        res.cookie(("theme", "a; b=\"c\" é"))
            .cookie(Cookie::build(("id", "1")).path("/").http_only(true))
            .end()
    }
    let response = call(&ApiRouter::new().route("/", login), get("/")).await;
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["theme=a%3B%20b%3D%22c%22%20%C3%A9", "id=1; HttpOnly; Path=/"]);
}

#[tokio::test]
async fn a_redirect_takes_parameters() {
    #[derive(Clone, Serialize)]
    struct Search {
        q: &'static str,
        page: Option<u8>,
    }
    #[derive(Clone)]
    struct To(&'static str, Search);

    async fn redirect(req: ApiRequest, res: ApiResponse) -> Result {
        let To(path, search) = req.state::<To>()?;
        res.redirect_with_query(path, search)
    }
    async fn none(_: ApiRequest, res: ApiResponse) -> Result {
        res.redirect_with_query("/a", &[("", ""); 0])
    }
    async fn list(_: ApiRequest, res: ApiResponse) -> Result {
        res.set_header("x-kept", "yes").redirect_with_query("/", &[("a", vec![1, 2])])
    }
    let cases = [
        ("/find", "a&b=c é", Some(2), "/find?q=a%26b%3Dc+%C3%A9&page=2"),
        ("/find?x=1", "", None, "/find?x=1&q="),
        ("/find?", "1", None, "/find?q=1"),
        ("/find?x=1&", "1", None, "/find?x=1&q=1"),
        ("/find?x=1#top?", "1", None, "/find?x=1&q=1#top?"),
        ("/find#top", "1", None, "/find?q=1#top"),
        ("", "\r\nx: y", None, "?q=%0D%0Ax%3A+y"),
    ];
    for (path, q, page, location) in cases {
        let router = ApiRouter::new().state(To(path, Search { q, page })).route("/", redirect);
        let response = call(&router, get("/")).await;
        assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT, "{location}");
        assert_eq!(response.headers()["location"], location);
    }
    let router = ApiRouter::new().route("/none", none).route("/list", list);
    assert_eq!(call(&router, get("/none")).await.headers()["location"], "/a");
    let response = call(&router, get("/list")).await;
    assert_eq!(
        (response.status(), &response.headers()["x-kept"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &HeaderValue::from_static("yes"))
    );
}

#[tokio::test]
async fn a_local_redirect_stays_on_the_host() {
    async fn go(req: ApiRequest, res: ApiResponse) -> Result {
        res.redirect_local(req.query().get("to").unwrap_or_default())
    }
    let router = ApiRouter::new().route("/", go);
    for (to, status) in [
        ("/home", 307),
        ("/a//b", 307),
        ("//evil.example", 400),
        ("/%5Cevil.example", 400),
        ("https://evil.example", 400),
        ("/%09/evil.example", 400),
        ("javascript:alert(1)", 400),
        ("", 400),
    ] {
        assert_eq!(call(&router, get(&format!("/?to={to}"))).await.status(), status, "{to}");
    }
}

#[tokio::test]
async fn the_route_is_recorded_in_bracket_form() {
    let router = ApiRouter::new().expose_matched_route(true).route("/post/[pid]", hello).fallback(hello);
    let route =
        |response: Response<Body>| response.extensions().get::<MatchedRoute>().map(ToString::to_string);
    assert_eq!(route(call(&router, get("/post/1")).await).as_deref(), Some("/post/[pid]"));
    assert_eq!(route(call(&router, get("/nowhere")).await), None);
}

#[tokio::test]
async fn guard_by_route_cannot_be_bypassed() {
    let router = ApiRouter::new().route("/api/admin", hello).route("/api/open/[x]", hello);
    let router = router.expose_matched_route(true);
    let cases = [
        ("/api/admin", Some("/api/admin")),
        ("/api/open/../admin", Some("/api/admin")),
        ("/api/open/%2e%2E/admin", Some("/api/admin")),
        ("/api/open/..%2Fadmin", Some("/api/open/[x]")),
        ("//api/admin", None),
        ("/api/admin/", None),
        ("/nowhere", None),
    ];
    for (path, route) in cases {
        assert_eq!(router.route_for(&path.parse().unwrap()), route, "{path}");
        let response = call(&router, get(path)).await;
        assert_eq!(response.extensions().get::<MatchedRoute>().map(MatchedRoute::as_str), route, "{path}");
    }
}

#[tokio::test]
async fn base_path_and_fallback() {
    async fn show(req: ApiRequest, res: ApiResponse) -> Result {
        res.json(&(req.route(), req.query()))
    }
    let router = ApiRouter::new().base_path("/docs").route("/api/[x]", show).route("/", show).fallback(hello);
    let cases = [
        ("/docs/api/1?y=2", 200, r#"["/api/[x]",{"y":"2","x":"1"}]"#),
        ("/docs/api/a/../b", 200, r#"["/api/[x]",{"x":"b"}]"#),
        ("/docs", 200, r#"["/",{}]"#),
        ("/docs/api/1/", 308, "/docs/api/1"),
        ("/api/1", 200, "hello"),
        ("/docsapi/1", 200, "hello"),
        ("/elsewhere/", 200, "hello"),
    ];
    for (path, status, body) in cases {
        let response = call(&router, get(path)).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(text(response).await, body, "{path}");
    }
}

#[tokio::test]
async fn slash_redirect_rewrites_the_query() {
    // Recorded from Next.js 16.2.2.
    let cases = [
        ("/?a=1&b=2", "?a=1&b=2"),
        ("/?a=%20b", "?a=%20b"),
        ("/?a=+b", "?a=%20b"),
        ("/?a", "?a="),
        ("/?", ""),
        ("/?a=1&b=2&a=3", "?a=1&a=3&b=2"),
        ("/?1=2&0=1", "?0=1&1=2"),
        ("/?%41=%42", "?A=B"),
        ("/?a=%ZZ", "?a=%25ZZ"),
        ("/?a=%E4", "?a=%EF%BF%BD"),
        ("/?a=b;c", "?a=b%3Bc"),
        ("/?=x", "?=x"),
        ("/?a='()*~!-_.", "?a='()*~!-_."),
        ("/?a=/?:@[]", "?a=%2F%3F%3A%40%5B%5D"),
        ("/?a=%F0%9F%98%80%00", "?a=%F0%9F%98%80%00"),
        // Doubled slashes leave it alone.
        ("//?a=+b&c", "/?a=+b&c"),
    ];
    let router = ApiRouter::new().route("/api/hello", hello);
    for (rest, expected) in cases {
        let response = call(&router, get(&format!("/api/hello{rest}"))).await;
        assert_eq!(response.status(), 308, "{rest}");
        assert_eq!(response.headers()["location"], format!("/api/hello{expected}"), "{rest}");
    }
}

#[tokio::test]
async fn parameter_replaces_the_query_of_its_name() {
    async fn show(req: ApiRequest, res: ApiResponse) -> Result {
        res.json(req.query())
    }
    let router = ApiRouter::new().route("/api/post/[pid]", show).route("/api/[...all]", show);
    let cases = [
        ("/api/post/1?pid=2&x=1&pid=3", r#"{"pid":"1","x":"1"}"#),
        ("/api/post/1?x=1&pid=2&y=3", r#"{"x":"1","pid":"1","y":"3"}"#),
        ("/api/a/b?x=1&all=2&y=3&x=4", r#"{"x":["1","4"],"all":["a","b"],"y":"3"}"#),
        ("/api/a?all=1&all=2&y=3", r#"{"all":["a"],"y":"3"}"#),
    ];
    for (path, body) in cases {
        assert_eq!(text(call(&router, get(path)).await).await, body, "{path}");
    }
}

#[tokio::test]
async fn router_errors_are_reworded() {
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = seen.clone();
    let router = ApiRouter::new()
        .route("/api/[x]", hello)
        .map_error(|error, context| {
            Error::new(error.status(), format!("{} at {}", error.status(), context.path()))
        })
        .on_error(move |_, _| _ = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    for (path, body) in [("/nope/x", "404 Not Found at /nope/x"), ("/api/%ZZ", "400 Bad Request at /api/%ZZ")]
    {
        assert_eq!(text(call(&router, get(path)).await).await, body);
    }
    assert_eq!(seen.load(std::sync::atomic::Ordering::Relaxed), 2);
}

#[tokio::test]
async fn panic_in_error_hooks_is_500() {
    let router = ApiRouter::new().map_error(|_, _| panic!("in `map_error`"));
    let response = call(&router, get("/nope")).await;
    assert_eq!(response.status(), 500);
    assert_eq!(text(response).await, "Internal Server Error");
}

#[tokio::test]
async fn what_is_forwarded_keeps_the_cookies_of_both() {
    async fn forward(_req: ApiRequest, res: ApiResponse) -> Result {
        let upstream = http::Response::builder()
            .header("set-cookie", "a=1")
            .header("set-cookie", "b=2")
            .header("x-one", "upstream")
            .body(Body::from("x"))?;
        res.cookie(("mine", "1")).set_header("x-one", "mine").forward(upstream)
    }
    let response = call(&ApiRouter::new().route("/x", forward), get("/x")).await;
    let cookies: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["mine=1", "a=1", "b=2"]);
    assert_eq!(response.headers().get_all("x-one").iter().collect::<Vec<_>>(), ["upstream"]);
}

#[test]
fn parsed_type_without_parser_is_refused() {
    async fn typed(_req: ApiRequest<String>, res: ApiResponse) -> Result {
        res.end()
    }
    let off = RouteConfig::new().body_parser(false);
    let error = ApiRouter::new().try_route("/x", typed.config(off.clone())).unwrap_err();
    assert!(error.to_string().contains("`/x`") && error.to_string().contains("ApiRequest<Body>"), "{error}");
    let api = || ApiRouter::new().config(off.clone());
    assert!(api().try_route("/x", typed).is_err());
    let message = message_of(|| drop(ApiRouter::new().route("/x", typed).config(off.clone())));
    assert!(message.contains("`/x`"), "{message}");
    assert!(api().try_route("/x", typed.config(RouteConfig::new().body_parser(true))).is_ok());
    assert!(api().try_route("/x", methods().get(hello)).is_ok(), "a dynamic body may be undefined");
}

#[tokio::test]
async fn a_dynamic_body_without_a_parser_is_undefined() {
    async fn kind(req: ApiRequest, res: ApiResponse) -> Result {
        assert_eq!(*req.body(), ParsedBody::Undefined);
        res.send(req.body().kind())
    }
    let router = ApiRouter::new().route("/", kind.config(RouteConfig::new().body_parser(false)));
    assert_eq!(text(call(&router, post("application/json", "{")).await).await, "undefined");
}

#[test]
#[should_panic(expected = "have two names for one parameter, `[id]` and `[pid]`: use the same name in both")]
fn a_wrong_route_panics_with_a_sentence() {
    _ = ApiRouter::new().route("/post/[id]", hello).route("/post/[pid]", hello);
}

#[tokio::test]
async fn cloned_or_used_router_can_grow() {
    let first = ApiRouter::new().route("/a", hello);
    assert_eq!(call(&first, get("/a")).await.status(), 200);
    let second = first.clone().route("/b", hello);
    assert_eq!(call(&second, get("/b")).await.status(), 200);
    assert_eq!(call(&first, get("/b")).await.status(), 404);
}
