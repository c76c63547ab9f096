use super::ConfiguredBody;
use crate::body::{Body, BoxError, LayeredBody};
use crate::body_parser;
use crate::bounds::{self, Bounds};
#[cfg(feature = "cors")]
use crate::cors::CorsServiceFuture;
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
        pub(super) inner: WithCors<S>,
    }
}

#[cfg(feature = "cors")]
type WithCors<S> = CorsServiceFuture<BoundedFuture<S>>;
#[cfg(not(feature = "cors"))]
type WithCors<S> = BoundedFuture<S>;

impl<S, ResBody> Future for ConfiguredFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ConfiguredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}

impl<S: Service<Request<Body>>> fmt::Debug for ConfiguredFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredFuture").finish_non_exhaustive()
    }
}

pin_project! {
    /// Parses the body, calls the service, and bounds its response.
    pub(super) struct BoundedFuture<S: Service<Request<Body>>> {
        // `None` once the deadline has passed.
        #[pin]
        pub(super) inner: Option<body_parser::ResponseFuture<S>>,
        // `None` if there is neither a deadline nor a limit, or once there is a response.
        pub(super) bounds: Option<Box<Bounds>>,
    }
}

impl<S, ResBody> Future for BoundedFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<LayeredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        bounds::poll(this.inner, this.bounds, |response| response, cx)
    }
}
