use super::CorsLayer;
use super::preflight::{CorsService, CorsServiceFuture};
use crate::body::LayeredBody;
use crate::config::assert_cors_rules;
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

/// Applies CORS to the inner service; see the [module](self::super).
#[derive(Clone, Debug)]
pub struct ApiCors<S> {
    inner: CorsService<Mapped<S>>,
}

impl<S> ApiCors<S> {
    /// Creates a service that applies the rules of `cors` and passes plain `OPTIONS` requests on.
    ///
    /// # Panics
    ///
    /// Panics if the rules contradict each other, for example credentials with a wildcard.
    #[track_caller]
    pub fn new(inner: S, cors: &CorsLayer) -> Self {
        assert_cors_rules(cors);
        Self::from_option(inner, Some(cors))
    }

    pub(super) fn from_option(inner: S, cors: Option<&CorsLayer>) -> Self {
        Self { inner: CorsService::new(Mapped { inner }, cors) }
    }

    define_inner_service_accessors!(
        self => self.inner.get_ref().inner,
        self.inner.get_mut().inner,
        self.inner.into_inner().inner
    );
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ApiCors<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
{
    type Response = Response<LayeredBody<ResBody>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        ResponseFuture { inner: self.inner.call(request) }
    }
}

pin_project! {
    /// The future of an [`ApiCors`].
    pub struct ResponseFuture<F> {
        #[pin]
        inner: CorsServiceFuture<MappedFuture<F>>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<LayeredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

/// Maps the response body into a [`LayeredBody`], which has a default for the response to a preflight.
#[derive(Clone, Debug)]
struct Mapped<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Mapped<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<LayeredBody<R>>;
    type Error = S::Error;
    type Future = MappedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        MappedFuture { inner: self.inner.call(request) }
    }
}

pin_project! {
    struct MappedFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, B, E> Future for MappedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<LayeredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx).map_ok(|response| response.map(LayeredBody::inner))
    }
}
