//! Request bodies that break off, and who is told what.

use crate::common::log::Log;
use crate::common::{AnyService, any, call, get, pieces, post_to, read};
use futures_util::TryStreamExt as _;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::ext::ReasonPhrase;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyError, BodyParserLayer, BoxError, Error, HandlerExt as _,
    RawBody, Result,
};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tracing::Level;

async fn parsed(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.body().kind())
}

async fn typed(req: ApiRequest<String>, res: ApiResponse) -> Result {
    res.json(&req.body().len())
}

async fn raw(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
    res.json(&req.body().len())
}

async fn chunks(mut req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut length = 0;
    while let Some(chunk) = req.body_mut().chunk().await? {
        length += chunk.len();
    }
    res.json(&length)
}

async fn collected(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    res.json(&req.into_body().collect().await?.to_bytes().len())
}

async fn stream(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let pieces = req.into_body().into_stream();
    res.json(&pieces.try_fold(0, |length, piece| async move { Ok(length + piece.len()) }).await?)
}

async fn reader(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut text = String::new();
    req.into_body().into_reader().read_to_string(&mut text).await?;
    res.json(&text.len())
}

/// As the error of a library that parses `multipart/form-data`.
#[derive(Debug)]
struct FormError(io::Error);

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the form is incomplete")
    }
}

impl std::error::Error for FormError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

async fn form(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let mut text = String::new();
    req.into_body().into_reader().read_to_string(&mut text).await.map_err(FormError)?;
    res.json(&text.len())
}

/// Before the head of a stream.
async fn echo(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    res.stream(|mut body| async move { body.write_stream(req.into_body().into_stream()).await })
}

/// Hands the request on, as a proxy does.
async fn handed_on(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let request = req.into_request();
    res.json(&request.into_body().collect().await.map_err(io::Error::other)?.to_bytes().len())
}

fn by_service() -> AnyService {
    any(ApiRouter::new().route(
        "/service",
        service_fn(|request: Request<Body>| async {
            let bytes = request.into_body().collect().await?.to_bytes();
            Ok::<_, BodyError>(Response::new(Body::from(bytes)))
        }),
    ))
}

/// What `map_error` and `on_error` were shown.
type Seen = Arc<Mutex<Vec<(u16, String)>>>;

fn router() -> (ApiRouter, Seen) {
    let seen = Seen::default();
    let list = Arc::clone(&seen);
    let router = ApiRouter::new()
        .map_error(move |error, _| {
            let mut cause: &dyn std::error::Error = error.source().expect("the cause is kept");
            while let Some(source) = cause.source() {
                cause = source;
            }
            list.lock().unwrap().push((error.status().as_u16(), cause.to_string()));
            error
        })
        .route("/parsed", parsed)
        .route("/typed", typed)
        .route("/raw", raw)
        .route("/layer", BodyParserLayer::new().layer(parsed.into_service()))
        .route("/chunks", chunks)
        .route("/collected", collected)
        .route("/stream", stream)
        .route("/reader", reader)
        .route("/form", form)
        .route("/echo", echo)
        .route("/handed-on", handed_on)
        .route("/service", service_fn(|request: Request<Body>| by_service().oneshot(request)));
    (router, seen)
}

const ROUTES: [&str; 12] = [
    "/parsed",
    "/typed",
    "/raw",
    "/layer",
    "/chunks",
    "/collected",
    "/stream",
    "/reader",
    "/form",
    "/echo",
    "/handed-on",
    "/service",
];

/// The error of a length limit.
async fn too_long() -> BoxError {
    Limited::new(Body::from("x"), 0).collect().await.unwrap_err()
}

fn breaks(error: impl Into<BoxError>) -> Body {
    Body::from_stream(futures_util::stream::iter([Err::<&str, BoxError>(error.into())]))
}

#[tokio::test(start_paused = true)]
async fn broken_request_body_is_a_client_error() {
    let log = Log::capture();
    let (router, seen) = router();
    let limited = any(RequestBodyLimitLayer::new(10).layer(router.clone()));
    let timed = any(RequestBodyTimeoutLayer::new(Duration::from_secs(1)).layer(router.clone()));
    let plain = any(router);
    let never = || Body::from_stream(futures_util::stream::pending::<Result<&str, Infallible>>());
    let gzip = || io::Error::new(io::ErrorKind::InvalidData, "invalid gzip header");
    for route in ROUTES {
        let too_large = (413, "Payload Too Large");
        let cases = [
            (&limited, pieces(1, 20), too_large, "length limit exceeded"),
            (&plain, breaks(io::Error::other(too_long().await)), too_large, "length limit exceeded"),
            (&plain, breaks("the client has gone"), (400, "Invalid body"), "the client has gone"),
            (&plain, breaks(gzip()), (400, "Invalid body"), "invalid gzip header"),
            (&timed, never(), (400, "Invalid body"), "data was not received within the designated timeout"),
        ];
        for (service, body, (status, text), cause) in cases {
            let response = call(service.clone(), post_to(route, "text/plain", body)).await;
            let name = format!("{route}, {cause}");
            assert_eq!(response.status().as_u16(), status, "{name}");
            let reason = response.extensions().get::<ReasonPhrase>().map(|reason| reason.as_bytes().to_vec());
            assert_eq!(reason.as_deref(), Some(text.as_bytes()), "{name}");
            assert_eq!(read(response).await.1, text, "{name}");
            let seen = std::mem::take(&mut *seen.lock().unwrap());
            if route != "/service" {
                assert_eq!(seen.len(), 1, "{name}");
                assert_eq!(seen[0].0, status, "{name}");
            }
            let events = log.all();
            let [event] = &events[..] else { panic!("{name}: {events:?}") };
            assert_eq!((event.level, event.message()), (Level::DEBUG, "API request refused"), "{name}");
            assert!(event.field("error").contains(cause), "{name}: {event:?}");
            assert_eq!(
                (event.field("http.request.method"), event.field("url.path")),
                ("POST", route),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn broken_upstream_response_in_handler_is_500() {
    async fn upstream(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let limit = req.query().get("limit").is_some();
        let cause = if limit { too_long().await } else { BoxError::from("reset by the upstream") };
        let mut response = Response::new(breaks(cause));
        while response.body_mut().chunk().await?.is_some() {}
        res.end()
    }
    let log = Log::capture();
    let api = ApiRouter::new().route("/", upstream);
    for (path, cause) in [("/", "reset by the upstream"), ("/?limit", "length limit exceeded")] {
        assert_eq!(call(api.clone(), get(path)).await.status(), 500);
        let errors = log.take(Level::ERROR);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].message(), "API route failed");
        assert!(errors[0].field("error").ends_with(cause), "{errors:?}");
    }
}

#[tokio::test]
async fn broken_echo_is_logged_at_debug() {
    async fn sent(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        res.send(req.into_body())
    }
    let log = Log::capture();
    let seen: Arc<Mutex<Vec<(u16, bool)>>> = Arc::default();
    let list = Arc::clone(&seen);
    let api = ApiRouter::new()
        .on_error(move |error, request| {
            list.lock().unwrap().push((error.status().as_u16(), request.head_sent()));
        })
        .route("/echo", echo)
        .route("/sent", sent);
    for path in ["/echo", "/sent"] {
        let pieces = futures_util::stream::iter([Ok("first"), Err(BoxError::from("the client has gone"))]);
        let response = call(api.clone(), post_to(path, "text/plain", Body::from_stream(pieces))).await;
        assert_eq!(response.status(), 200);
        response.into_body().collect().await.unwrap_err();
        assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), [(400, true)], "{path}");
        let events = log.all();
        assert_eq!(events.len(), 1, "{path}: {events:?}");
        assert_eq!((events[0].level, events[0].message()), (Level::DEBUG, "API stream broke off"), "{path}");
    }
}

#[tokio::test]
async fn body_error_says_whose_and_why() {
    async fn tells(mut req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let error = req.body_mut().chunk().await.unwrap_err();
        assert!(error.is_of_request());
        assert_eq!(error.to_string(), "the request body broke off");
        assert_eq!(error.into_inner().to_string(), "gone");
        let error = breaks("gone").chunk().await.unwrap_err();
        assert!(!error.is_of_request());
        res.send(error.to_string())
    }
    let api = ServiceBuilder::new().service(ApiRouter::new().route("/", tells));
    let response = call(api, post_to("/", "text/plain", breaks("gone"))).await;
    assert_eq!(response.into_body().as_bytes(), Some(&b"the body broke off"[..]));
    let response: Response<Body> = Error::from(breaks("gone").chunk().await.unwrap_err()).into();
    assert_eq!(response.status(), 500);
}
