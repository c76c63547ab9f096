//! Errors in an envelope of the user's own: what the client sees, and what the log keeps.

use crate::common::log::Log;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tower::{ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BoxError, Error, ErrorContext, HandlerExt as _,
    MaxDurationLayer, Next, Result, from_fn, methods,
};
use tracing::Level;

async fn takes_number(req: ApiRequest<u32>, res: ApiResponse) -> Result {
    res.json(req.body())
}

async fn no_row(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(std::io::Error::from(std::io::ErrorKind::NotFound).into())
}

async fn down(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(std::io::Error::other("the disk is gone").into())
}

async fn own(_req: ApiRequest, _res: ApiResponse) -> Result {
    Err(Error::json(409, &json!({ "code": "taken" })))
}

fn envelope(error: &Error) -> Error {
    let missing =
        error.downcast_ref::<std::io::Error>().map(|error| error.kind() == std::io::ErrorKind::NotFound);
    match (missing, error.message()) {
        (Some(true), _) => Error::json(404, &json!({ "error": "no such row" })),
        (Some(false), _) => Error::json(503, &json!({ "error": "try again later" })),
        (None, Some(message)) => Error::json(error.status(), &json!({ "error": message })),
        (None, None) => Error::json(error.status(), &json!({ "error": "in JSON already" })),
    }
}

#[tokio::test]
async fn errors_share_an_envelope_and_500s_are_logged() {
    let log = Log::capture();
    let api = ApiRouter::new()
        .map_error(|error, _| envelope(&error))
        .route("/number", methods().post(takes_number))
        .route("/no-row", no_row)
        .route("/down", down)
        .route("/own", own);
    let wrong = "Invalid body: invalid type: string \"x\", expected u32 at line 1 column 3";
    let cases = [
        ("POST", "/number", "{", 400, "Invalid JSON", None),
        ("POST", "/number", r#""x""#, 422, wrong, None),
        ("GET", "/number", "", 405, "Method Not Allowed", None),
        ("GET", "/no-row", "", 404, "no such row", None),
        ("GET", "/down", "", 503, "try again later", Some("the disk is gone")),
        ("GET", "/own", "", 409, "in JSON already", None),
    ];
    for (method, path, body, status, message, cause) in cases {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let response = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        let response: Value = serde_json::from_slice(response.into_body().as_bytes().unwrap()).unwrap();
        assert_eq!(response, json!({ "error": message }), "{path}");
        let logged = log.take(Level::ERROR);
        assert_eq!(logged.first().map(|event| event.field("error")), cause, "{path}: {logged:?}");
        assert_eq!(logged.first().map(|event| event.field("http.route")), cause.map(|_| path), "{path}");
    }
}

#[test]
fn invalid_error_header_makes_a_500() {
    let base = || Error::new(503, "later").append_header("x-first", "1");
    let cases = [
        (base().append_header("Retry-After", 120), 503, Some("120")),
        (base().append_header("retry-after", "120"), 503, Some("120")),
        (base().append_header(http::header::RETRY_AFTER, String::from("120")), 503, Some("120")),
        (base().append_header("retry-after", "1\r\nx-evil: 1"), 500, None),
        (base().append_header("retry after", "1"), 500, None),
        (base().append_header("retry-after", "☃"), 500, None),
    ];
    for (error, status, value) in cases {
        assert_eq!((error.status().as_u16(), error.source().is_some()), (status, status == 500));
        let response = http::Response::<Body>::from(error);
        assert_eq!(response.status().as_u16(), status);
        assert_eq!(response.headers()["x-first"], "1");
        let found = response.headers().get("retry-after").map(|value| value.to_str().unwrap());
        assert_eq!(found, value);
        let text = if status == 500 { "Internal Server Error" } else { "later" };
        assert_eq!(response.into_body().as_bytes(), Some(text.as_bytes()));
    }
}

#[tokio::test]
async fn hooks_see_the_requests_headers() {
    async fn fails(_: ApiRequest, _: ApiResponse) -> Result {
        Err(Error::new(409, "taken"))
    }
    let fails_too =
        service_fn(|_: Request<Body>| async { Err::<Response<Body>, _>(BoxError::from("broken")) });
    let api = ApiRouter::new()
        .map_error(|error, request| {
            let id = request.headers.get("x-id").map(|id| id.to_str().unwrap());
            Error::new(error.status(), format!("{id:?} {:?} {}", request.route, request.head_sent()))
        })
        .route("/handler", methods().post(fails))
        .route("/service", fails_too);
    let cases = [
        ("POST", "/handler", 409, r#"Some("7") Some("/handler") false"#),
        ("GET", "/handler", 405, r#"Some("7") Some("/handler") false"#),
        ("GET", "/service", 500, r#"Some("7") Some("/service") false"#),
        ("GET", "/nothing", 404, r#"Some("7") None false"#),
    ];
    for (method, path, status, text) in cases {
        let request = Request::builder().method(method).uri(path).header("x-id", "7").body(Body::empty());
        let response = api.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.into_body().as_bytes(), Some(text.as_bytes()), "{path}");
    }
}

#[test]
fn error_context_can_be_made_in_tests() {
    let request = Request::get("/api/post/1?draft").header("x-id", "7").body(()).unwrap();
    let context = ErrorContext::new(&request);
    assert_eq!((context.method.as_str(), context.path(), context.route), ("GET", "/api/post/1", None));
    assert_eq!((&context.headers["x-id"], context.head_sent()), (&"7".parse().unwrap(), false));
    let context = context.with_route("/api/post/[pid]").with_head_sent(true);
    assert_eq!((context.route, context.head_sent()), (Some("/api/post/[pid]"), true));
}

#[tokio::test]
async fn hook_panic_after_the_head_is_contained() {
    async fn breaks(_: ApiRequest, res: ApiResponse) -> Result {
        res.stream(|mut body| async move {
            body.write("first").await?;
            Err(Error::new(400, "too late"))
        })
    }
    let log = Log::capture();
    let api = ApiRouter::new().on_error(|_, _| panic!("on purpose")).route("/", breaks);
    let mut body = api.oneshot(Request::new(Body::empty())).await.unwrap().into_body();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "first");
    let error = body.chunk().await.unwrap_err();
    assert_eq!(error.into_inner().to_string(), "400 Bad Request: too late");
    assert!(body.chunk().await.unwrap().is_none());
    let errors = log.take(Level::ERROR);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].field("error"), "the handler panicked: on purpose");
}

/// A wrapper that goes on, so that the response passes through two services.
async fn goes_on(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    next.run(req, res).await
}

#[tokio::test]
async fn wrapped_error_is_seen_once() {
    async fn breaks(req: ApiRequest, res: ApiResponse) -> Result {
        if req.query().get("head").is_some() {
            return Err(Error::new(409, "taken"));
        }
        res.stream(|mut body| async move {
            body.write("first").await?;
            Err(std::io::Error::other("the disk is gone").into())
        })
    }
    let seen: Arc<Mutex<Vec<(u16, bool)>>> = Arc::default();
    let list = Arc::clone(&seen);
    let api = ApiRouter::new()
        .on_error(move |error, request| {
            list.lock().unwrap().push((error.status().as_u16(), request.head_sent()));
        })
        .route("/", breaks.wrap(goes_on))
        .layer(MaxDurationLayer::new(Duration::from_secs(9)))
        .layer(from_fn(goes_on));
    let log = Log::capture();
    for (path, status, expected) in [("/?head", 409, (409, false)), ("/", 200, (500, true))] {
        let response = api.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.into_body().collect().await.is_err(), status == 200);
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), [expected], "{path}");
        assert_eq!(log.take(Level::ERROR).len(), usize::from(status == 200), "{path}");
    }
}
