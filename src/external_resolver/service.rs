use crate::config::Outer;
use http::Request;
use std::task::{Context, Poll};
use tower_service::Service;

/// Lets inner handlers leave the response to another task; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct ExternalResolver<S> {
    inner: S,
    external: Option<bool>,
}

impl<S> ExternalResolver<S> {
    /// Creates a service that lets inner handlers leave the response to another task.
    pub fn new(inner: S) -> Self {
        Self::from_option(inner, Some(true))
    }

    pub(super) fn from_option(inner: S, external: Option<bool>) -> Self {
        Self { inner, external }
    }

    define_inner_service_accessors!();
}

impl<S: Service<Request<ReqBody>>, ReqBody> Service<Request<ReqBody>> for ExternalResolver<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> S::Future {
        if self.external.is_some() {
            let external = self.external;
            Outer::set(request.extensions_mut(), |outer| outer.external_resolver = external);
        }
        self.inner.call(request)
    }
}
