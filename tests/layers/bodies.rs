//! The body that a layer puts around that of the inner service.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, StreamBody};
use std::convert::Infallible;
use std::time::Duration;
use tower::{Layer, Service, ServiceExt as _, service_fn};
use tower_api_routes::cors::{ApiCorsLayer, CorsLayer};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, BodyParserLayer, BoxError, ExternalResolverLayer,
    HandlerExt as _, MaxDurationLayer, Next, ResponseLimitLayer, Result, RouteConfig, from_fn,
};

fn stream() -> Body {
    let trailers = HeaderMap::from_iter([(http::header::ETAG, "x".parse().unwrap())]);
    let frames = [Ok::<_, BoxError>(Frame::data(Bytes::from("ab"))), Ok(Frame::trailers(trailers))];
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

/// The kinds of bodies, each with the bounds of its length, whether it has ended, and its text.
const KINDS: [(fn() -> Body, u64, Option<u64>, bool, &str); 3] = [
    (Body::empty, 0, Some(0), true, ""),
    (|| Body::from("abc"), 3, Some(3), false, "abc"),
    (stream, 0, None, false, "ab"),
];

async fn check<S, B>(what: &str, around: impl Fn(fn() -> Body) -> S)
where
    S: Service<Request<Body>, Response = Response<B>, Error: std::fmt::Debug>,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    for (body, lower, upper, ended, text) in KINDS {
        let response = around(body).oneshot(Request::new(Body::empty())).await.unwrap();
        let hint: SizeHint = response.body().size_hint();
        let got = (hint.lower(), hint.upper(), response.body().is_end_stream());
        assert_eq!(got, (lower, upper, ended), "{what}: {text:?}");
        let read = response.into_body().collect().await.map_err(Into::into).unwrap();
        assert_eq!(read.trailers().is_some(), text == "ab", "{what}: {text:?}");
        assert_eq!(read.to_bytes(), text, "{what}");
    }
}

/// A service whose responses have this body.
fn inner(
    body: fn() -> Body,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    service_fn(move |_: Request<Body>| async move { Ok::<_, Infallible>(Response::new(body())) })
}

#[tokio::test]
async fn every_layer_keeps_length_end_and_trailers() {
    async fn goes_on(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        next.run(req, res).await
    }
    let long = Duration::from_secs(60);
    check("no layer", inner).await;
    check("max_duration", |body| MaxDurationLayer::new(long).layer(inner(body))).await;
    check("max_duration, off", |body| MaxDurationLayer::new(long).enabled(false).layer(inner(body))).await;
    check("response_limit", |body| ResponseLimitLayer::new().response_limit("1kb").layer(inner(body))).await;
    check("response_limit, enforced", |body| {
        ResponseLimitLayer::new().response_limit("1kb").enforce_response_limit(true).layer(inner(body))
    })
    .await;
    check("external_resolver", |body| ExternalResolverLayer::new().layer(inner(body))).await;
    check("body_parser", |body| BodyParserLayer::new().layer(inner(body))).await;
    check("cors", |body| ApiCorsLayer::from(CorsLayer::new()).layer(inner(body))).await;
    let config = || RouteConfig::new().max_duration(long).response_limit("1kb").size_limit("1kb");
    check("a configuration", |body| config().layer(inner(body))).await;
    check("a setting that is passed on", |body| RouteConfig::new().etag(false).layer(inner(body))).await;
    check("an empty configuration", |body| RouteConfig::new().layer(inner(body))).await;
    check("a route", |body| ApiRouter::new().route("/", inner(body))).await;
    check("a configured route", |body| ApiRouter::new().route("/", inner(body).config(config()))).await;
    check("a router's configuration", |body| ApiRouter::new().config(config()).route("/", inner(body))).await;
    check("a wrapper", |body| ApiRouter::new().route("/", inner(body).wrap(goes_on))).await;
    check("a wrapper's layer", |body| from_fn(goes_on).layer(inner(body))).await;
}
