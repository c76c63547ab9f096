//! `stream_limit`: what a handler streams, or a service behind a disabled parser, and what ends it.

use crate::common::net::{self, Protocol};
use crate::common::{AnyService, any, call, post, read};
use crate::ways::ways;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tower::{Layer as _, service_fn};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, HandlerExt as _, RawBody, Result, RouteConfig,
};

async fn upload(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let (mut body, mut length) = (req.into_body(), 0);
    while let Some(chunk) = body.chunk().await? {
        length += chunk.len();
    }
    res.json(&length)
}

/// The same as a service that knows nothing of this crate, and makes its own response of a body that breaks off.
fn foreign() -> AnyService {
    any(service_fn(|request: Request<Body>| async {
        Ok::<_, Infallible>(match request.into_body().collect().await {
            Ok(body) => Response::new(Body::from(body.to_bytes().len().to_string())),
            Err(_) => Response::builder().status(502).body(Body::from("bad gateway")).unwrap(),
        })
    }))
}

/// Pieces of ten bytes, and how many of them were taken.
fn pieces(number: usize) -> (Body, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let pieces = (0..number).map(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok::<_, Infallible>("0123456789")
    });
    (Body::from_stream(futures_util::stream::iter(pieces)), taken)
}

fn services() -> Vec<(&'static str, AnyService)> {
    let config = RouteConfig::new().body_parser(false).stream_limit("100b");
    let layer = BodyParserLayer::new().enabled(false).stream_limit("100b");
    let mut services = ways(&config, &layer, upload, Some(foreign()));
    // The router's parser is for handlers only.
    services.retain(|(way, _)| *way != "the router's, for a service");
    services.push(("a handler without a word on the parser", {
        any(ApiRouter::new().route("/", upload.config(RouteConfig::new().stream_limit("100b"))))
    }));
    services
}

#[tokio::test]
async fn a_streamed_body_over_its_limit_is_413() {
    for (place, service) in services() {
        for (number, expected) in
            [(0, (200, "0")), (10, (200, "100")), (11, (413, "Body exceeded 100b limit"))]
        {
            let (body, taken) = pieces(number);
            let response = call(service.clone(), post("text/plain", body)).await;
            let closes = response.headers().contains_key("connection");
            let (status, text) = read(response).await;
            assert_eq!((status, &*text), expected, "{place}, {number} pieces");
            assert_eq!((closes, taken.load(Ordering::Relaxed)), (status == 413, number), "{place}");
        }
    }
}

#[tokio::test]
async fn large_declared_length_is_refused_unread() {
    for (place, service) in services() {
        let (body, taken) = pieces(20);
        let mut request = post("text/plain", body);
        request.headers_mut().insert("content-length", HeaderValue::from_static("200"));
        let response = call(service.clone(), request).await;
        assert_eq!(response.headers()["connection"], "close", "{place}");
        assert_eq!(read(response).await, (413, "Body exceeded 100b limit".into()), "{place}");
        assert_eq!(taken.load(Ordering::Relaxed), 0, "{place}");

        let response = call(service, post("text/plain", "x".repeat(101))).await;
        assert_eq!(read(response).await, (413, "Body exceeded 100b limit".into()), "{place}: in memory");
    }
}

#[tokio::test]
async fn trailers_are_kept_behind_a_stream_limit() {
    async fn trailer(req: ApiRequest<Body>, res: ApiResponse) -> Result {
        let trailers = req.into_body().collect().await?.trailers().cloned().unwrap_or_default();
        res.send(trailers["x-checksum"].to_str()?.to_owned())
    }
    let layer = BodyParserLayer::new().enabled(false).stream_limit("1kb");
    let trailers = HeaderMap::from_iter([("x-checksum".parse().unwrap(), HeaderValue::from_static("42"))]);
    let frames = [Frame::data(Bytes::from("data")), Frame::trailers(trailers)].map(Ok::<_, Infallible>);
    let body = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
    let response = call(layer.layer(trailer.into_service()), post("text/plain", body)).await;
    assert_eq!(read(response).await, (200, "42".into()));
}

#[tokio::test]
async fn buffered_body_has_its_size_limit() {
    async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.json(&req.body().len())
    }
    let config = RouteConfig::new().size_limit("1kb").stream_limit("10b");
    let response = call(length.config(config).into_service(), post("text/plain", "x".repeat(500))).await;
    assert_eq!(read(response).await, (200, "500".into()));
}

#[tokio::test]
async fn stream_limit_ends_an_upload() {
    for (place, service) in services().into_iter().take(5) {
        let server = net::serve(service).await;
        for protocol in Protocol::BOTH {
            let send = |number| {
                let body = Full::new(Bytes::from("0123456789".repeat(number)));
                let request = post("text/plain", Body::empty()).map(|_| body);
                async { read(server.send(protocol, request).await).await }
            };
            assert_eq!(send(10).await, (200, "100".into()), "{place}, {protocol:?}");
            assert_eq!(send(1000).await, (413, "Body exceeded 100b limit".into()), "{place}, {protocol:?}");
        }
    }
}
