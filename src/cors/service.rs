use super::CorsLayer;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{Method, Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_http::cors::{Cors, ResponseFuture as CorsFuture};
use tower_layer::Layer as _;
use tower_service::Service;

/// CORS around the service inside; see the [module](self::super).
#[derive(Clone, Debug)]
pub struct ApiCors<S> {
    cors: Cors<Restore<S>>,
}

impl<S> ApiCors<S> {
    /// What tower-http's layer allows, with plain `OPTIONS` requests let through.
    pub fn new(inner: S, cors: &CorsLayer) -> Self {
        Self { cors: cors.layer(Restore { inner }) }
    }

    define_inner_service_accessors!(
        self => self.cors.get_ref().inner, self.cors.get_mut().inner, self.cors.into_inner().inner
    );
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ApiCors<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.cors.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let headers = request.headers();
        let preflight = headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if *request.method() == Method::OPTIONS && !preflight {
            // tower-http takes it for a plain request, and `Restore` gives the handler what the client sent.
            *request.method_mut() = Method::GET;
            request.extensions_mut().insert(PlainOptions);
        }
        ResponseFuture { inner: self.cors.call(request) }
    }
}

/// In the extensions of a request that was an `OPTIONS` before CORS.
#[derive(Clone, Copy)]
struct PlainOptions;

/// Inside CORS: gives a plain `OPTIONS` its method back.
#[derive(Clone, Debug)]
struct Restore<S> {
    inner: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Restore<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if request.extensions_mut().remove::<PlainOptions>().is_some() {
            *request.method_mut() = Method::OPTIONS;
        }
        self.inner.call(request)
    }
}

pin_project! {
    /// The future of an [`ApiCors`].
    pub struct ResponseFuture<F> {
        #[pin]
        inner: CorsFuture<F>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
