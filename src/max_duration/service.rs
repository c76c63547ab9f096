use crate::body::{BoxError, LayeredBody};
use crate::bounds::{Bounds, ResponseFuture};
use bytes::Bytes;
use http::{Request, Response};
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Applies a deadline to the inner service; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct MaxDuration<S> {
    inner: S,
    time: Option<Duration>,
}

impl<S> MaxDuration<S> {
    /// Creates a service that ends responses that take longer than `time`.
    pub fn new(inner: S, time: Duration) -> Self {
        Self::from_option(inner, Some(time))
    }

    pub(super) fn from_option(inner: S, time: Option<Duration>) -> Self {
        Self { inner, time }
    }

    define_inner_service_accessors!();
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for MaxDuration<S>
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
        // The time starts before the call, because the inner service may work before it returns its future.
        let bounds = self.time.and_then(|time| Bounds::deadline(&mut request, time));
        ResponseFuture::new(self.inner.call(request), bounds)
    }
}
