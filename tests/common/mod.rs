//! What the tests share: requests in process, servers and clients on sockets, and what was logged.

#![allow(dead_code, unused_imports)] // each test binary uses a part of it

pub(crate) mod log;
pub(crate) mod net;
pub(crate) mod panics;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use std::convert::Infallible;
use std::fmt;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt as _};
use tower_api_routes::{Body, BoxError};

/// Any service, after its layers have made a type of their own of it.
pub(crate) type AnyService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

pub(crate) fn any<S, B>(service: S) -> AnyService
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    BoxCloneSyncService::new(service.map_response(|response: Response<B>| response.map(Body::new)))
}

pub(crate) fn get(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn post(content_type: &str, body: impl Into<Body>) -> Request<Body> {
    post_to("/", content_type, body)
}

pub(crate) fn post_to(path: &str, content_type: &str, body: impl Into<Body>) -> Request<Body> {
    Request::post(path).header("content-type", content_type).body(body.into()).unwrap()
}

pub(crate) fn json(body: &'static str) -> Request<Body> {
    post("application/json", body)
}

/// The response of a service that cannot fail.
pub(crate) async fn call<S, B>(service: S, request: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<B>, Error: fmt::Debug>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    service.oneshot(request).await.unwrap().map(Body::new)
}

/// The status and the whole body.
pub(crate) async fn read<B>(response: Response<B>) -> (u16, String)
where
    B: http_body::Body<Error: fmt::Debug>,
{
    let status = response.status().as_u16();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The status, and the body as far as it came: the text is followed by the cause that broke it off.
pub(crate) async fn read_broken<B>(response: Response<B>) -> (u16, String)
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let status = response.status().as_u16();
    let (mut body, mut text) = (response.into_body(), String::new());
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text += &String::from_utf8_lossy(frame.data_ref().map_or(&[], |data| data)),
            Err(error) => return (status, format!("{text} !! {}", cause(&*error.into()))),
        }
    }
    (status, text)
}

/// The last of an error's sources.
pub(crate) fn cause<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> &'a (dyn std::error::Error + 'static) {
    error.source().map_or(error, cause)
}

/// A body of this many pieces of this size, without a length beforehand.
pub(crate) fn pieces(number: usize, size: usize) -> Body {
    Body::from_stream(futures_util::stream::iter(
        (0..number).map(move |_| Ok::<_, BoxError>(vec![b'x'; size])),
    ))
}
