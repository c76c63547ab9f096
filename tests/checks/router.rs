//! Any request gets a valid response, and none makes the router panic.

use super::{Data, ask};
use http::{HeaderName, HeaderValue, Method, Request, StatusCode};
use http_body::Body as _;
use serde::Deserialize;
use std::sync::OnceLock;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Cookie, Error, HandlerExt as _, MatchedRoute, RawBody, Result,
    RouteConfig, methods,
};

async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&(req.route(), req.query(), req.cookies(), req.body()))
}

/// Does what the query says, with whatever it says.
async fn act(req: ApiRequest, res: ApiResponse) -> Result {
    let text = |name: &str| req.query().get(name).unwrap_or_default().to_owned();
    let status = text("status").parse::<u16>().unwrap_or(200);
    let mut res = res.status(status).set_header(text("name"), text("value")).cookie(("c", text("cookie")));
    if req.query().contains("path") {
        res = res.cookie(Cookie::build(("p", "v")).path(text("path")));
    }
    match &*text("how") {
        "redirect" => res.redirect(text("to")),
        "local" => res.redirect_local(text("to")),
        "send" => res.send(text("value")),
        "end" => res.end_with(text("value")),
        "error" => Err(Error::new(status, text("value"))),
        "panic" => panic!("on purpose"),
        _ => res.json(&text("value")),
    }
}

#[derive(Deserialize)]
#[allow(dead_code)] // it is read, and that is all
struct Typed {
    a: Option<u32>,
    b: Vec<String>,
    c: Option<Box<Typed>>,
}

async fn typed(req: ApiRequest<Typed>, res: ApiResponse) -> Result {
    let _: Typed = req.query_as()?;
    res.end()
}

async fn raw(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.send(req.body().to_vec())
}

fn router() -> &'static ApiRouter {
    static ROUTER: OnceLock<ApiRouter> = OnceLock::new();
    ROUTER.get_or_init(|| {
        ApiRouter::new()
            .route("/api/echo", echo)
            .route("/api/act", act)
            .route("/api/typed", typed)
            .route("/api/raw", raw.config(RouteConfig::new().size_limit("16b")))
            .route("/api/methods", methods().get(echo).post(echo))
            .route("/api/[a]/[b]", echo)
            .route("/api/[a]/x", echo)
            .route("/api/files/[[...path]]", echo)
    })
}

const TARGET: &[&str] = &[
    "/",
    "/api",
    "/echo",
    "/act",
    "/typed",
    "/raw",
    "/methods",
    "/files",
    "/a",
    "/..",
    "/.",
    "//",
    "\\",
    "%2e",
    "%2F",
    "%ZZ",
    "%e4",
    "?",
    "&",
    "=",
    "a",
    "how=redirect&to=",
    "how=local&to=",
    "how=send&",
    "how=end&",
    "how=panic&",
    "how=error&",
    "status=",
    "204",
    "304",
    "999",
    "name=",
    "content-length",
    "transfer-encoding",
    "set-cookie",
    "&value=",
    "%0d%0a",
    "cookie=",
    "path=",
    "%00",
    "x",
    "b=",
    "a=1&",
    "5",
];
const NAMES: &[&str] = &[
    "content-type",
    "content-length",
    "transfer-encoding",
    "cookie",
    "if-none-match",
    "if-modified-since",
    "cache-control",
    "origin",
    "access-control-request-method",
    "range",
    "expect",
    "connection",
    "upgrade",
    "host",
    "x",
];
const VALUES: &[&str] = &[
    "application/json",
    "application/x-www-form-urlencoded",
    "text/plain",
    "; charset=",
    "utf-16",
    "bogus",
    "*",
    "\"",
    ",",
    "1",
    "99999999999999999999",
    "close",
    "chunked",
    "a=b; ",
    "no-cache",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let method = match data.below(10) {
        0 => Method::HEAD,
        1 => Method::OPTIONS,
        2 => Method::CONNECT,
        3 => Method::PUT,
        4 => Method::from_bytes(data.bytes(4)).unwrap_or_default(),
        5..8 => Method::POST,
        _ => Method::GET,
    };
    let target = format!("{}{}", ["", "/api", "/api", "/api/act?"][data.below(4)], data.text(TARGET, 24));
    let mut request = Request::builder().method(&method).uri(&target);
    for _ in 0..data.below(5) {
        let name = HeaderName::from_static(data.pick(NAMES));
        if let Ok(value) = HeaderValue::from_bytes(data.text(VALUES, 6).as_bytes()) {
            request = request.header(name, value);
        }
    }
    let body = match data.below(4) {
        0 => Body::empty(),
        1 => Body::from_stream(futures_util::stream::iter(
            data.rest().chunks(3).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect::<Vec<_>>(),
        )),
        2 => Body::from_stream(futures_util::stream::iter([Ok("[1"), Err(std::io::Error::other("reset"))])),
        _ => Body::from(data.rest().to_vec()),
    };
    let Ok(request) = request.body(body) else { return };
    let uri = request.uri().clone();
    let response = ask(router(), request);
    let status = response.status();
    assert!(status >= StatusCode::OK, "{status} for {target}");
    let route = response.extensions().get::<MatchedRoute>().map(MatchedRoute::as_str);
    if let Some(route) = route {
        assert_eq!(router().route_for(&uri), Some(route), "{target}");
    }
    if status == StatusCode::PERMANENT_REDIRECT && route.is_none() {
        // A path of this host, whatever the query says.
        let location = response.headers()["location"].as_bytes();
        assert!(
            location.starts_with(b"/") && !matches!(location.get(1), Some(b'/' | b'\\')),
            "{target}: {location:?}"
        );
    }
    let is_head = method == Method::HEAD;
    let exact = response.body().size_hint().exact();
    if matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) || is_head {
        assert_eq!(exact, Some(0), "{target}");
    } else if let Some(length) = response.headers().get("content-length") {
        assert_eq!(
            Some(length.to_str().expect("ASCII").to_owned()),
            exact.map(|exact| exact.to_string()),
            "{target}"
        );
    }
    for cookie in response.headers().get_all("set-cookie").iter().skip(1) {
        assert!(
            cookie.as_bytes().split(|byte| *byte == b';').count() <= 2 || target.contains("set-cookie"),
            "{cookie:?}"
        );
    }
}
