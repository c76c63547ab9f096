//! The head of a response: what `write_head`, `status_message`, `cookie` and a status without a body make of it.

use crate::common::log::Log;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::BodyExt as _;
use hyper::ext::ReasonPhrase;
use tower::{Layer as _, ServiceExt as _};
use tower_api_routes::response::Payload;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Cookies, Error, HandlerExt as _, Result, RouteConfig,
};

async fn run<F>(make: F) -> Response<Body>
where
    F: Fn(ApiResponse) -> Result + Clone + Send + Sync + 'static,
{
    let handler = move |_: ApiRequest, res: ApiResponse| {
        let response = make(res);
        async move { response }
    };
    let request = Request::get("/api/x?secret=1").body(Body::empty()).unwrap();
    ApiRouter::new().route("/api/[id]", handler).oneshot(request).await.unwrap()
}

const PROBLEM: [(&str, &str); 1] = [("content-type", "application/problem+json")];

/// Recorded from Next.js 16.2.2.
#[tokio::test]
async fn body_adds_nothing_after_write_head() {
    type Make = fn(ApiResponse) -> Result;
    let cases: [(Make, u16, Option<&str>, &str); 7] = [
        (|res| res.write_head(404, PROBLEM).json(&[1]), 404, Some("application/problem+json"), "[1]"),
        (|res| res.write_head(201, PROBLEM).send("text"), 201, Some("application/problem+json"), "text"),
        (|res| res.write_head(201, PROBLEM).send(b"hi"), 201, Some("application/problem+json"), "hi"),
        (
            |res| res.set_header("content-type", "text/y").write_head(201, [("x-a", "1")]).json(&1),
            201,
            Some("text/y"),
            "1",
        ),
        (|res| res.write_head(201, [("x-a", "1")]).json(&1), 201, None, "1"),
        (|res| res.write_head(201, [("x-a", "1")]).send(serde_json::json!({})), 201, None, "{}"),
        (|res| res.write_head(204, PROBLEM).json(&1), 204, Some("application/problem+json"), ""),
    ];
    for (i, (make, status, content_type, body)) in cases.into_iter().enumerate() {
        let response = run(make).await;
        assert_eq!(response.status(), status, "{i}");
        let got = response.headers().get("content-type").map(|value| value.to_str().unwrap());
        assert_eq!(got, content_type, "{i}");
        assert!(!response.headers().contains_key("etag"), "{i}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), body, "{i}");
    }
}

#[tokio::test]
async fn a_status_message_is_the_reason_phrase() {
    let reason = |response: &Response<Body>| {
        response.extensions().get::<ReasonPhrase>().map(|reason| reason.as_bytes().to_vec())
    };
    let response = run(|res| res.status_message("Fine").status(404).json(&1)).await;
    assert_eq!((response.status().as_u16(), reason(&response)), (404, Some(b"Fine".to_vec())));
    let response = run(|res| res.status_message("caf\u{e9}").end()).await;
    assert_eq!(reason(&response), Some(b"caf\xe9".to_vec()));
    let response = run(|res| res.status_message("Fine").redirect("/x")).await;
    assert_eq!((response.status().as_u16(), reason(&response)), (307, Some(b"Fine".to_vec())));
    let response = run(|res| res.status_message("Fine").status_message("").end()).await;
    assert_eq!(reason(&response), None);
    for bad in ["bad\r\nx-evil: 1", "\u{65e5}", "\0"] {
        let response = run(move |res| res.status(404).status_message(bad).json(&1)).await;
        assert_eq!((response.status().as_u16(), reason(&response)), (500, None), "{bad:?}");
    }
}

#[tokio::test]
async fn body_of_a_bodiless_status_is_dropped() {
    type Make = fn(ApiResponse) -> Result;
    let cases: [(Make, Option<&str>); 7] = [
        (|res| res.status(204).json(&1), Some("204")),
        (|res| res.status(204).send("text"), Some("204")),
        (|res| res.status(304).send("text"), Some("304")),
        (|res| res.status(204).end_with("text"), Some("204")),
        (|res| res.status(204).end(), None),
        (|res| res.status(204).send(Payload::Empty), None),
        (|res| res.status(205).send("text"), None),
    ];
    for (i, (make, warned)) in cases.into_iter().enumerate() {
        let log = Log::capture();
        let response = run(make).await;
        let (is_bodiless, warnings) = (response.status() != 205, log.warnings());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body.is_empty(), is_bodiless, "{i}");
        let seen = warnings.first().map(|warning| {
            let fields = ["http.request.method", "url.path", "http.route"].map(|name| warning.field(name));
            assert_eq!(fields, ["GET", "/api/x", "/api/[id]"], "{i}");
            warning.field("http.response.status_code")
        });
        assert_eq!((seen, warnings.len()), (warned, usize::from(warned.is_some())), "{i}");
    }
}

/// As `encodeURIComponent` has it, which is what npm's `cookie` writes.
#[tokio::test]
async fn cookie_value_is_encoded_as_component() {
    let all: String = (0_u8..0x80).map(char::from).chain("\u{e9}\u{1f600}".chars()).collect();
    let response = run({
        let all = all.clone();
        move |res| res.cookie(("c", all.clone())).end()
    })
    .await;
    let written = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    let printable = "%20!%22%23%24%25%26'()*%2B%2C-.%2F0123456789%3A%3B%3C%3D%3E%3F%40ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                     %5B%5C%5D%5E_%60abcdefghijklmnopqrstuvwxyz%7B%7C%7D~%7F%C3%A9%F0%9F%98%80";
    assert!(written.ends_with(printable), "{written}");
    let headers = HeaderMap::from_iter([(http::header::COOKIE, written.parse().unwrap())]);
    assert_eq!(Cookies::from_headers(&headers).get("c"), Some(&*all), "the next request brings it back");
    for name in ["", "a b", "a=b", "a;b", "a,b", "\u{e9}", "a\r\nb", "a(b", "a\"b"] {
        let response = run(move |res| res.cookie((name, "1")).end()).await;
        assert_eq!(response.status(), 500, "{name:?}");
    }
    for name in ["a", "__Host-id", "a.b", "a!#$%&'*+-.^_`|~"] {
        let response = run(move |res| res.cookie((name, "1")).end()).await;
        assert_eq!(response.headers()["set-cookie"], format!("{name}=1"));
    }
}

/// Whatever the error is worded as.
#[tokio::test]
async fn unread_body_413_announces_the_close() {
    async fn typed(req: ApiRequest<String>, res: ApiResponse) -> Result {
        res.send(req.into_body())
    }
    let config = || RouteConfig::new().size_limit("10b");
    let plain = || ApiRouter::new().route("/", typed.config(config()));
    let worded = || plain().map_error(|error, _| Error::json(error.status(), &"too much"));
    let layered = || ApiRouter::new().route("/", config().layer(typed.into_service()));
    let own = || {
        plain().map_error(|error, _| Error::new(error.status(), "").append_header("connection", "keep-alive"))
    };
    let endless = || Body::from_stream(futures_util::stream::repeat_with(|| Ok::<_, BoxError>("12345678")));
    let cases = [
        (plain(), Version::HTTP_11, Some("close")),
        (plain(), Version::HTTP_2, None),
        (worded(), Version::HTTP_11, Some("close")),
        (worded(), Version::HTTP_2, None),
        (layered(), Version::HTTP_11, Some("close")),
        (own(), Version::HTTP_11, Some("close")),
    ];
    for (i, (api, version, connection)) in cases.into_iter().enumerate() {
        let request = Request::post("/").version(version).body(endless()).unwrap();
        let response = api.oneshot(request).await.unwrap();
        let got = response.headers().get("connection").map(|value| value.to_str().unwrap());
        assert_eq!((response.status().as_u16(), got), (413, connection), "{i}");
    }
}
