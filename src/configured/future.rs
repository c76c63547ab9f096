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
    /// The response future of a [`ConfiguredService`](super::ConfiguredService).
    pub struct ConfiguredFuture<S: Service<Request<Body>>> {
        #[pin]
        kind: Kind<AllLayersFuture<S>, S::Future>,
    }
}

pin_project! {
    #[project = KindProjected]
    enum Kind<L, F> {
        Layered { #[pin] future: L },
        Plain { #[pin] future: F },
    }
}

impl<S: Service<Request<Body>>> ConfiguredFuture<S> {
    pub(super) fn layered(future: AllLayersFuture<S>) -> Self {
        Self { kind: Kind::Layered { future } }
    }

    pub(super) fn plain(future: S::Future) -> Self {
        Self { kind: Kind::Plain { future } }
    }
}

impl<S, ResBody> Future for ConfiguredFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ConfiguredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjected::Layered { future } => {
                future.poll(cx).map_ok(|response| response.map(ConfiguredBody::layered))
            }
            KindProjected::Plain { future } => {
                future.poll(cx).map_ok(|response| response.map(ConfiguredBody::plain))
            }
        }
    }
}

impl<S: Service<Request<Body>>> fmt::Debug for ConfiguredFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredFuture").finish_non_exhaustive()
    }
}
