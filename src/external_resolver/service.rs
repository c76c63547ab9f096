use super::ExternalResolverLayer;
use crate::config::{Outer, Rules};
use http::Request;
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// Lets inner handlers leave the response to another task; see the [module](self::super).
#[derive(Clone, Copy, Debug)]
pub struct ExternalResolver<S> {
    pub(super) inner: S,
    pub(super) external: bool,
}

impl<S> ExternalResolver<S> {
    /// Creates a service that lets inner handlers leave the response to another task.
    pub fn new(inner: S) -> Self {
        ExternalResolverLayer::new().layer(inner)
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
        let rules = Rules { external_resolver: Some(self.external), ..Rules::UNSET };
        Outer::add_to(request.extensions_mut(), &rules);
        self.inner.call(request)
    }
}
