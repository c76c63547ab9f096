//! Every refusal: what the client gets, what is logged, and which hooks run, with `map_error` at each place.

use crate::common::log::Log;
use crate::common::{call, read};
use http::{Method, Request, StatusCode};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::Layer as _;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, BoxError, Error, ErrorContext,
    HandlerExt as _, OrStatus as _, Result, RouteConfig, methods,
};
use tower_http::trace::TraceLayer;
use tracing_subscriber::layer::SubscriberExt as _;

/// Does what the path says.
async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    #[derive(serde::Deserialize)]
    struct Page {
        page: u32,
    }
    match req.query().get("do").unwrap_or_default() {
        "missing" => None::<()>.or_status(404).map(|()| unreachable!())?,
        "number" => res.json(&"x".parse::<u8>().or_status(400)?),
        "page" => res.json(&req.query_as::<Page>()?.page),
        "sign-in" => Err(Error::new(401, "Sign in").append_header("www-authenticate", "Bearer")),
        "local" => res.redirect_local("//evil.example"),
        "busy" => Err(Error::new(503, "Busy").append_header("retry-after", 120)),
        "disk" => Err(std::io::Error::other("the disk is gone").into()),
        "gateway" => Err("no upstream").or_status(502)?,
        "header" => res.set_header("x-a", "a\nb").end(),
        "panic" => panic!("on purpose"),
        "slow" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            res.end()
        }
        _ => res.end(),
    }
}

async fn takes_number(req: ApiRequest<u32>, res: ApiResponse) -> Result {
    res.json(req.body())
}

const PLACES: [&str; 4] = ["outer router", "inner router", "methods", "route"];

type Seen = Arc<Mutex<Vec<&'static str>>>;

fn maps(place: &'static str) -> impl Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static {
    move |error, _| Error::new(error.status(), format!("{place}: {}", error.message().unwrap_or("-")))
}

fn sees(
    place: &'static str,
    seen: &Seen,
) -> impl Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static + use<> {
    let seen = Arc::clone(seen);
    move |_, _| seen.lock().unwrap().push(place)
}

/// A router in a router, with `on_error` at each place, and `map_error` at the first of them.
fn api(mapped: usize, seen: &Seen) -> ApiRouter {
    let is_mapped = |place: &str| PLACES[..mapped].contains(&place);
    let config = RouteConfig::new().size_limit("10b").max_duration(Duration::from_secs(1));
    let (mut get, mut post) =
        (handler.on_error(sees("route", seen)), takes_number.on_error(sees("route", seen)));
    if is_mapped("route") {
        (get, post) = (get.map_error(maps("route")), post.map_error(maps("route")));
    }
    let mut methods = methods().get(get).post(post).on_error(sees("methods", seen));
    if is_mapped("methods") {
        methods = methods.map_error(maps("methods"));
    }
    let mut inner =
        ApiRouter::new().on_error(sees("inner router", seen)).config(config).route("/a/[x]", methods);
    if is_mapped("inner router") {
        inner = inner.map_error(maps("inner router"));
    }
    let outer = ApiRouter::new().on_error(sees("outer router", seen)).merge(inner);
    if is_mapped("outer router") { outer.map_error(maps("outer router")) } else { outer }
}

struct Case {
    method: Method,
    target: &'static str,
    content_type: &'static str,
    body: Body,
    status: u16,
    text: &'static str,
    /// A header that stays, whoever words the error.
    header: Option<(&'static str, &'static str)>,
    level: tracing::Level,
    /// The field `error`.
    cause: &'static str,
    /// How many of the places are around it, from the outermost on.
    inside: usize,
}

/// An error of the handler of GET.
fn get(target: &'static str, status: u16, text: &'static str, cause: &'static str) -> Case {
    let level = if status >= 500 && text != "Busy" { tracing::Level::ERROR } else { tracing::Level::DEBUG };
    Case {
        method: Method::GET,
        target,
        content_type: "text/plain",
        body: Body::empty(),
        status,
        text,
        header: None,
        level,
        cause,
        inside: 4,
    }
}

/// A body that the handler of POST cannot take.
fn post(
    content_type: &'static str,
    body: impl Into<Body>,
    status: u16,
    text: &'static str,
    cause: &'static str,
) -> Case {
    let body = body.into();
    Case { method: Method::POST, content_type, body, ..get("/a/1", status, text, cause) }
}

fn cases() -> Vec<Case> {
    const JSON: &str = "application/json";
    let endless = || Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, BoxError>("12345678")));
    let cut = Body::from_stream(futures_util::stream::iter([Err::<&str, _>(BoxError::from("reset"))]));
    let mistyped = "Invalid body: invalid type: string \"x\", expected u32 at line 1 column 3";
    let wrong_type = "Unsupported media type: send `application/json` or `application/x-www-form-urlencoded`";
    let internal = "Internal Server Error";
    vec![
        Case { inside: 1, ..get("/nothing", 404, "Not Found", "404 Not Found: Not Found") },
        Case { inside: 1, ..get("/a/%E0%A4%A", 400, "Bad Request", "400 Bad Request: Bad Request") },
        Case {
            method: Method::DELETE,
            header: Some(("allow", "GET, POST, HEAD, OPTIONS")),
            inside: 3,
            ..get("/a/1", 405, "Method Not Allowed", "405 Method Not Allowed: Method Not Allowed")
        },
        post(JSON, "{", 400, "Invalid JSON", "400 Bad Request: Invalid JSON"),
        post(JSON, cut, 400, "Invalid body", "the request body broke off: reset"),
        post("text/plain; charset=none", "1", 400, "Invalid body", "400 Bad Request: Invalid body"),
        Case {
            header: Some(("connection", "close")),
            ..post(
                JSON,
                endless(),
                413,
                "Body exceeded 10b limit",
                "413 Payload Too Large: Body exceeded 10b limit",
            )
        },
        post(
            "text/plain",
            "1",
            415,
            wrong_type,
            "415 Unsupported Media Type: Unsupported media type: send `application/json` or \
             `application/x-www-form-urlencoded`",
        ),
        post(
            JSON,
            "\"x\"",
            422,
            mistyped,
            "422 Unprocessable Entity: Invalid body: invalid type: string \"x\", expected u32 at line 1 column 3",
        ),
        get("/a/1?do=missing", 404, "Not Found", "404 Not Found: Not Found"),
        get("/a/1?do=number", 400, "Bad Request", "invalid digit found in string"),
        get(
            "/a/1?do=page",
            400,
            "Invalid query: missing field `page`",
            "400 Bad Request: Invalid query: missing field `page`",
        ),
        Case {
            header: Some(("www-authenticate", "Bearer")),
            ..get("/a/1?do=sign-in", 401, "Sign in", "401 Unauthorized: Sign in")
        },
        get("/a/1?do=local", 400, "Invalid redirect", "400 Bad Request: Invalid redirect"),
        Case {
            header: Some(("retry-after", "120")),
            ..get("/a/1?do=busy", 503, "Busy", "503 Service Unavailable: Busy")
        },
        get("/a/1?do=gateway", 502, "Bad Gateway", "no upstream"),
        get("/a/1?do=disk", 500, internal, "the disk is gone"),
        get(
            "/a/1?do=header",
            500,
            internal,
            "the header value \"a\\nb\" has a character that is not allowed in a header",
        ),
        get("/a/1?do=panic", 500, internal, "the handler panicked: on purpose"),
        get("/a/1?do=slow", 504, "Gateway Timeout", "the response took longer than its `max_duration`"),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_one_event_and_seen_once() {
    let log = Log::capture();
    for mapped in 0..=PLACES.len() {
        for case in cases() {
            let seen = Seen::default();
            let what = format!("{} {}, {mapped} places", case.method, case.target);
            let (path, _) = case.target.split_once('?').unwrap_or((case.target, ""));
            let request = Request::builder()
                .method(&case.method)
                .uri(case.target)
                .header("content-type", case.content_type)
                .body(case.body)
                .unwrap();
            let response = call(api(mapped, &seen), request).await;
            if let Some((name, value)) = case.header {
                assert_eq!(
                    response.headers().get(name).map(|it| it.to_str().unwrap()),
                    Some(value),
                    "{what}"
                );
            }
            // The nearest `map_error` acts, and no other.
            let text = match mapped.min(case.inside) {
                0 => case.text.to_owned(),
                mapped => format!("{}: {}", PLACES[mapped - 1], case.text),
            };
            assert_eq!(read(response).await, (case.status, text), "{what}");
            // Each `on_error` sees it, from the route outwards.
            let expected: Vec<_> = PLACES[..case.inside].iter().rev().copied().collect();
            assert_eq!(*seen.lock().unwrap(), expected, "{what}");
            let events = log.all();
            assert_eq!(events.len(), 1, "{what}: {events:?}");
            let event = &events[0];
            let is_error = case.level == tracing::Level::ERROR;
            let message = if is_error { "API route failed" } else { "API request refused" };
            assert_eq!((event.level, event.message()), (case.level, message), "{what}");
            let route = if case.inside == 1 { "-" } else { "/a/[x]" };
            let fields =
                ["http.request.method", "url.path", "http.route", "error"].map(|name| event.field(name));
            assert_eq!(fields, [case.method.as_str(), path, route, case.cause], "{what}");
            if !is_error {
                assert_eq!(event.field("http.response.status_code"), case.status.to_string(), "{what}");
            }
        }
    }
}

#[test]
fn the_refusals_of_the_guide_have_cases() {
    let guide = include_str!("../../docs/errors.md");
    let (_, table) = guide.split_once("## What is refused\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows: Vec<Vec<&str>> =
        table.lines().filter(|line| line.ends_with('|')).map(|line| line.split(" | ").collect()).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in &rows[2..] {
        let text = row[2].trim_matches('`').trim_end_matches('…');
        let header = row[3].split('`').nth(1).and_then(|header| header.split(':').next());
        let matches = |case: &Case| {
            let has_header = header
                .is_none_or(|name| case.header.is_some_and(|(known, _)| known.eq_ignore_ascii_case(name)));
            case.status.to_string() == row[1] && case.text.starts_with(text) && has_header
        };
        assert!(cases().iter().any(matches), "{row:?}");
    }
}

/// Collects the lines that a subscriber writes.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn take(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(text).unwrap().lines().map(str::to_owned).collect()
    }

    /// Writes what passes a filter, in the format of `tracing_subscriber::fmt`.
    fn of(filter: &str) -> (Self, tracing::subscriber::DefaultGuard) {
        let lines = Self::default();
        let writer = lines.clone();
        let format = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .without_time()
            .with_writer(move || writer.clone());
        let filter: tracing_subscriber::filter::Targets = filter.parse().unwrap();
        let subscriber = tracing_subscriber::registry().with(format).with(filter);
        (lines, tracing::subscriber::set_default(subscriber))
    }
}

#[tokio::test(start_paused = true)]
async fn the_documented_filter_shows_each_refusal() {
    let guide = include_str!("../../docs/operating.md");
    let (_, filter) = guide.split_once("`RUST_LOG=").expect("the guide names a filter");
    let (filter, _) = filter.split_once('`').unwrap();
    for (filter, shows) in [(filter, true), ("info", false)] {
        let (lines, _guard) = Lines::of(filter);
        for case in cases().into_iter().filter(|case| case.level == tracing::Level::DEBUG) {
            let (path, _) = case.target.split_once('?').unwrap_or((case.target, ""));
            let request = Request::builder()
                .method(&case.method)
                .uri(case.target)
                .header("content-type", case.content_type)
                .body(case.body)
                .unwrap();
            call(api(0, &Seen::default()), request).await;
            let written = lines.take();
            assert_eq!(written.len(), usize::from(shows), "{} {filter}: {written:?}", case.target);
            for line in written {
                let status = format!("http.response.status_code={}", case.status);
                let path = format!("url.path=\"{path}\"");
                let cause = format!("error={:?}", case.cause);
                for part in ["DEBUG", "API request refused", &status, &path, &cause] {
                    assert!(line.contains(part), "{part}: {line}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_500_is_one_line_with_tracing() {
    let fails = || ApiRouter::new().route("/a/[x]", handler);
    let default = fails().layer(TraceLayer::new_for_http());
    let quiet = fails().layer(TraceLayer::new_for_http().on_failure(()));
    let (lines, _guard) = Lines::of("info");
    for (api, number) in [(default, 2), (quiet, 1)] {
        call(api, Request::get("/a/1?do=disk").body(Body::empty()).unwrap()).await;
        let errors: Vec<_> = lines.take().into_iter().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(errors.len(), number, "{errors:?}");
        assert!(errors.iter().any(|line| line.contains("the disk is gone")), "{errors:?}");
    }
}

#[tokio::test]
async fn a_parser_outside_routers_logs_its_refusals() {
    let service = tower::service_fn(|_: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
    });
    let alone = BodyParserLayer::new().size_limit("10b").layer(service);
    let inside = ApiRouter::new().route("/a", alone);
    let log = Log::capture();
    for (is_alone, causes) in [
        (true, ["400 Bad Request: Invalid JSON", "413 Payload Too Large: Body exceeded 10b limit"]),
        (false, ["400 Bad Request: Invalid JSON", "413 Payload Too Large: Body exceeded 10b limit"]),
    ] {
        for (body, cause) in ["{", "[1,2,3,4,5,6]"].into_iter().zip(causes) {
            let request = Request::post("/a")
                .header("content-type", "application/json")
                .body(Body::from(body))
                .unwrap();
            let status = if is_alone {
                call(alone, request).await.status()
            } else {
                call(inside.clone(), request).await.status()
            };
            let events = log.all();
            assert_eq!(events.len(), 1, "{status}: {events:?}");
            let fields = ["error", "http.request.method", "url.path", "http.route"];
            let route = if is_alone { "-" } else { "/a" };
            assert_eq!(fields.map(|name| events[0].field(name)), [cause, "POST", "/a", route]);
        }
    }
}

/// An error with a status of its own.
#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error("no such post")]
    Missing,
    #[error("the disk")]
    Disk(#[source] std::io::Error),
}

impl AppError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Disk(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

#[tokio::test]
async fn a_type_of_errors_has_its_statuses() {
    use anyhow::Context as _;
    async fn fails(req: ApiRequest, res: ApiResponse) -> Result {
        let disk = || AppError::Disk(std::io::Error::other("full"));
        match req.query().get("do").unwrap_or_default() {
            "missing" => Err(AppError::Missing.into()),
            "disk" => Err(disk().into()),
            "context" => Err(AppError::Missing).context("showing the post").map_err(Error::from),
            "io" => Err(std::io::Error::other(AppError::Missing).into()),
            "chosen" => Err(AppError::Missing).or_status(410).map(|()| unreachable!()),
            "worded" => Err(Error::new(418, "no tea").with_source(AppError::Missing)),
            "fmt" => Err(std::fmt::Error.into()),
            _ => res.end(),
        }
    }
    let by_type = |e: &AppError, _request: &ErrorContext<'_>| Error::new(e.status(), e.to_string());
    let near = |_: &AppError, request: &ErrorContext<'_>| {
        Error::new(404, request.path().to_owned()).append_header("x-near", 1)
    };
    let shape = |error: Error, _: &ErrorContext<'_>| {
        let found = error.downcast_ref::<AppError>().is_some();
        Error::json(error.status(), &(error.message(), found))
    };
    let api = || ApiRouter::new().map_error_of(by_type).route("/", fails);
    let routers = [
        (api(), "404 no such post", "503 the disk"),
        (api().map_error(shape), r#"404 ["no such post",true]"#, r#"503 ["the disk",true]"#),
        (ApiRouter::new().merge(api()), "404 no such post", "503 the disk"),
        (ApiRouter::new().map_error_of(by_type).route("/", fails.map_error_of(near)), "404 /", "404 /"),
        (
            ApiRouter::new().map_error_of(by_type).route("/", methods().get(fails).map_error_of(near)),
            "404 /",
            "404 /",
        ),
        // By the type first, then by the nearest `map_error`.
        (
            ApiRouter::new().map_error_of(by_type).route("/", fails.map_error(shape)),
            r#"404 ["no such post",true]"#,
            r#"503 ["the disk",true]"#,
        ),
    ];
    let log = Log::capture();
    for (i, (api, missing, disk)) in routers.into_iter().enumerate() {
        let ask = async |what: &str| {
            let request = Request::get(format!("/?do={what}")).body(Body::empty()).unwrap();
            let (status, text) = read(call(api.clone(), request).await).await;
            (format!("{status} {text}"), log.all())
        };
        for what in ["missing", "io"] {
            let (text, events) = ask(what).await;
            // An `io::Error` is not of the type; below it, the error is found.
            assert!(text == missing || what == "io" && text.starts_with("404"), "{i} {what}: {text}");
            assert_eq!((events.len(), events[0].level), (1, tracing::Level::DEBUG), "{i} {what}");
            assert_eq!(events[0].field("error"), "no such post", "{i} {what}");
        }
        let (text, events) = ask("context").await;
        assert!(text.starts_with("404"), "{i}: {text}");
        assert_eq!(events[0].field("error"), "showing the post: no such post", "{i}");
        let (text, events) = ask("disk").await;
        assert_eq!(text, disk, "{i}");
        assert_eq!(events[0].field("error"), "the disk: full", "{i}");
        // A status that was chosen stays.
        assert!(ask("chosen").await.0.starts_with("410"), "{i}");
        assert!(ask("worded").await.0.starts_with("418"), "{i}");
        assert!(ask("fmt").await.0.starts_with("500"), "{i}");
    }
}

#[tokio::test]
async fn a_fallback_of_methods_sends_its_own_405() {
    async fn not_allowed(req: ApiRequest, res: ApiResponse) -> Result {
        res.status(405).json(&format!("Method {} Not Allowed", req.method()))
    }
    async fn own_allow(_req: ApiRequest, res: ApiResponse) -> Result {
        res.status(405).set_header("allow", "GET").end()
    }
    async fn fails(_req: ApiRequest, _res: ApiResponse) -> Result {
        Err(Error::new(405, "no"))
    }
    let foreign = tower::service_fn(|_: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(
            http::Response::builder().status(405).body(Body::from("foreign")).unwrap(),
        )
    });
    let api = ApiRouter::new()
        .route("/own", methods().get(handler).post(takes_number).fallback(not_allowed))
        .route("/allow", methods().get(handler).fallback(own_allow))
        .route("/fails", methods().post(takes_number).fallback(fails))
        .route("/mapped", methods().get(handler).fallback(fails).map_error(maps("methods")))
        .route("/service", methods().get(handler).fallback(foreign))
        .route(
            "/wrapped",
            methods()
                .get(handler)
                .fallback(not_allowed)
                .wrap(|req, res, next| async move { next.run(req, res.set_header("x-wrapped", 1)).await }),
        );
    let all = "GET, POST, HEAD, OPTIONS";
    let cases = [
        ("DELETE", "/own", 405, Some(all), r#""Method DELETE Not Allowed""#),
        ("OPTIONS", "/own", 204, Some(all), ""),
        ("HEAD", "/own", 200, None, ""),
        ("GET", "/own", 200, None, ""),
        ("PUT", "/allow", 405, Some("GET"), ""),
        ("OPTIONS", "/allow", 204, Some("GET, HEAD, OPTIONS"), ""),
        ("GET", "/fails", 405, Some("POST, OPTIONS"), "no"),
        ("PUT", "/mapped", 405, Some("GET, HEAD, OPTIONS"), "methods: no"),
        ("PUT", "/service", 405, Some("GET, HEAD, OPTIONS"), "foreign"),
        ("PUT", "/wrapped", 405, Some("GET, HEAD, OPTIONS"), r#""Method PUT Not Allowed""#),
    ];
    for (method, path, status, allow, text) in cases {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = call(api.clone(), request).await;
        let found = response.headers().get("allow").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(found.as_deref(), allow, "{method} {path}");
        assert_eq!(response.headers().contains_key("x-wrapped"), path == "/wrapped");
        assert_eq!(read(response).await, (status, text.to_owned()), "{method} {path}");
    }
}

#[tokio::test]
async fn a_called_handler_keeps_what_the_route_has() {
    struct Name(&'static str);
    #[derive(Clone)]
    struct User(&'static str);
    async fn inner(req: ApiRequest<Vec<u32>>, res: ApiResponse) -> Result {
        let facts = (
            req.query().get("id").unwrap_or_default().to_owned(),
            req.state::<Name>()?.0,
            req.route().unwrap_or_default().to_owned(),
            req.extensions().get::<User>().map(|user| user.0),
        );
        if req.body().is_empty() {
            return Err(Error::new(409, "empty"));
        }
        res.json(&(facts, req.body()))
    }
    async fn by_parsed(mut req: ApiRequest, res: ApiResponse) -> Result {
        req.extensions_mut().insert(User("ada"));
        req.call(inner, res.status(201).set_header("x-outer", 1)).await
    }
    async fn by_stream(mut req: ApiRequest<Body>, res: ApiResponse) -> Result {
        req.extensions_mut().insert(User("ada"));
        req.call(methods().post(inner), res.status(201).set_header("x-outer", 1)).await
    }
    async fn by_wrapper(mut req: ApiRequest<tower_api_routes::RawBody>, res: ApiResponse) -> Result {
        req.extensions_mut().insert(User("ada"));
        let wrapped = inner.wrap(|req, res, next| async move { next.run(req, res.status(201)).await });
        req.call(wrapped, res.set_header("x-outer", 1)).await
    }
    async fn only_get(req: ApiRequest, res: ApiResponse) -> Result {
        req.call(methods().get(inner), res).await
    }
    let seen = Seen::default();
    let api = ApiRouter::new()
        .state(Name("state"))
        .on_error(sees("router", &seen))
        .map_error(maps("router"))
        .route("/parsed/[id]", by_parsed)
        .route("/stream/[id]", by_stream)
        .route("/wrapper/[id]", by_wrapper)
        .route("/get/[id]", only_get);
    let post = |path: &str, body: &'static str| {
        Request::post(path).header("content-type", "application/json").body(Body::from(body)).unwrap()
    };
    for route in ["parsed", "stream", "wrapper"] {
        let path = format!("/{route}/7");
        let response = call(api.clone(), post(&path, "[1,2]")).await;
        assert_eq!(response.headers()["x-outer"], "1");
        let expected = format!(r#"[["7","state","/{route}/[id]","ada"],[1,2]]"#);
        assert_eq!(read(response).await, (201, expected));
        for (body, status, text) in [("[]", 409, "empty"), ("{", 400, "Invalid JSON")] {
            let expected = (status, format!("router: {text}"));
            assert_eq!(read(call(api.clone(), post(&path, body)).await).await, expected, "{path}");
            assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), ["router"], "{path}");
        }
    }
    let response = call(api, post("/get/1", "[]")).await;
    assert_eq!(response.headers()["allow"], "GET, HEAD, OPTIONS");
    assert_eq!(read(response).await, (405, "router: Method Not Allowed".into()));
}
