use super::ResponseLimitLayer;
use crate::body::{BoxError, LayeredBody};
use crate::bounds::{Bounds, ResponseFuture};
use crate::config::Rules;
use bytes::Bytes;
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// Measures the responses of the inner service; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct ResponseLimit<S> {
    inner: S,
    rules: Rules,
}

impl<S> ResponseLimit<S> {
    /// Creates a service that logs a warning for responses of 4 MB or more, or of the limit that another place sets.
    pub fn new(inner: S) -> Self {
        ResponseLimitLayer::new().layer(inner)
    }

    pub(super) fn from_rules(inner: S, rules: Rules) -> Self {
        Self { inner, rules }
    }

    define_inner_service_accessors!();
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ResponseLimit<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<LayeredBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let bounds = Bounds::start(&mut request, &self.rules, Some(Rules::response_limit_of_layer));
        ResponseFuture::new(self.inner.call(request), bounds)
    }
}
