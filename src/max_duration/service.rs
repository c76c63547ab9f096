use super::{Deadline, ResponseBody, ResponseFuture, Watch};
use crate::config::Outer;
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
    ResBody: http_body::Body<Data = Bytes>,
{
    type Response = Response<ResponseBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let mut watch = None;
        if self.time.is_some() {
            watch = Watch::start(&mut request);
            if let Some(outer) = request.extensions().get::<Outer>() {
                outer.override_deadline();
            }
        }
        // The time starts before the call, because the inner service may work before it returns its future.
        let deadline = self.time.map(Deadline::after);
        ResponseFuture::new(self.inner.call(request), deadline, watch)
    }
}
