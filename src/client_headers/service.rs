use super::receive;
use http::Request;
use std::task::{Context, Poll};
use tower_service::Service;

/// Applies [`ClientHeadersLayer`](super::ClientHeadersLayer).
#[derive(Clone, Copy, Debug)]
pub struct ClientHeaders<S> {
    inner: S,
}

impl<S> ClientHeaders<S> {
    pub(super) fn new(inner: S) -> Self {
        Self { inner }
    }

    define_inner_service_accessors!();
}

impl<S, B> Service<Request<B>> for ClientHeaders<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        receive(&mut request);
        self.inner.call(request)
    }
}
