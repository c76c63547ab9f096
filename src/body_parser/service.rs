use super::BodyParserLayer;
use super::future::ResponseFuture;
use crate::body::{Body, BoxError, LayeredBody};
use crate::config::{Outer, Rules};
use bytes::{Buf, Bytes};
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// Parses request bodies for the inner service; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct BodyParser<S> {
    pub(super) inner: S,
    pub(super) rules: Rules,
}

impl<S> BodyParser<S> {
    /// Creates a service that reads bodies of up to 1 MB, or up to the limit that an outer layer or router sets.
    pub fn new(inner: S) -> Self {
        BodyParserLayer::new().layer(inner)
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
        Outer::add_to(request.extensions_mut(), &self.rules);
        ResponseFuture::start(&mut self.inner, request, &self.rules)
    }
}
