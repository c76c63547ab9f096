use super::BodyParserLayer;
use super::future::ResponseFuture;
use super::reading::Reading;
use crate::body::{Body, BoxError, LayeredBody};
use crate::config::{Outer, Parser};
use crate::size::DEFAULT_SIZE_LIMIT;
use bytes::{Buf, Bytes};
use http::{Request, Response};
use std::mem;
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// Parses request bodies for the inner service; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct BodyParser<S> {
    inner: S,
    parser: Option<Parser>,
}

impl<S> BodyParser<S> {
    /// Creates a service that reads bodies of up to 1 MB, or up to the limit that an outer layer or router sets.
    pub fn new(inner: S) -> Self {
        BodyParserLayer::new().layer(inner)
    }

    pub(super) fn from_parser(inner: S, parser: Option<Parser>) -> Self {
        Self { inner, parser }
    }

    define_inner_service_accessors!();
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for BodyParser<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>> + Clone,
    ReqBody: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Response = Response<LayeredBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> ResponseFuture<S> {
        let mut request = request.map(Body::new);
        request.body_mut().mark_as_request();
        let Some(parser) = self.parser else { return ResponseFuture::calling(self.inner.call(request)) };
        let mut limit = None;
        Outer::set(request.extensions_mut(), |outer| {
            let parser = parser.or_limit_of(outer.body_parser);
            limit = parser.limit;
            outer.body_parser = Some(parser);
        });
        if !parser.on {
            return ResponseFuture::calling(self.inner.call(request));
        }
        let limit = limit.unwrap_or(DEFAULT_SIZE_LIMIT);
        // The future takes the service that was polled ready, and leaves a clone here.
        let fresh = self.inner.clone();
        let ready = mem::replace(&mut self.inner, fresh);
        ResponseFuture::reading(Reading::start(request, limit), ready)
    }
}
