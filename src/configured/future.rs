use super::ConfiguredBody;
use super::service::AllLayersFuture;
use crate::body::{Body, BoxError};
use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

pin_project! {
    /// The response future of a [`ConfiguredService`].
    pub struct ConfiguredFuture<S: Service<Request<Body>>> {
        #[pin]
        inner: AllLayersFuture<S>,
    }
}

impl<S: Service<Request<Body>>> ConfiguredFuture<S> {
    pub(super) fn new(inner: AllLayersFuture<S>) -> Self {
        Self { inner }
    }
}

impl<S, ResBody> Future for ConfiguredFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ConfiguredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map_ok(|response| response.map(ConfiguredBody::new))
    }
}

impl<S: Service<Request<Body>>> fmt::Debug for ConfiguredFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredFuture").finish_non_exhaustive()
    }
}
