//! CORS for a configuration that may have none, in one type.

use crate::cors::{ApiCors, CorsLayer, ResponseFuture};
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

#[derive(Clone, Debug)]
pub(crate) enum OptionalCors<S> {
    /// Boxed: without CORS, the rule, it costs its pointer.
    With(Box<ApiCors<S>>),
    Without(S),
}

impl<S> OptionalCors<S> {
    pub(crate) fn new(inner: S, cors: Option<&CorsLayer>) -> Self {
        match cors {
            Some(cors) => Self::With(Box::new(ApiCors::new(inner, cors))),
            None => Self::Without(inner),
        }
    }

    pub(crate) fn get_ref(&self) -> &S {
        match self {
            Self::With(cors) => cors.get_ref(),
            Self::Without(inner) => inner,
        }
    }

    pub(crate) fn get_mut(&mut self) -> &mut S {
        match self {
            Self::With(cors) => cors.get_mut(),
            Self::Without(inner) => inner,
        }
    }

    pub(crate) fn into_inner(self) -> S {
        match self {
            Self::With(cors) => cors.into_inner(),
            Self::Without(inner) => inner,
        }
    }
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for OptionalCors<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = OptionalFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match self {
            Self::With(cors) => cors.poll_ready(cx),
            Self::Without(inner) => inner.poll_ready(cx),
        }
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        match self {
            Self::With(cors) => OptionalFuture::With { future: cors.call(request) },
            Self::Without(inner) => OptionalFuture::Without { future: inner.call(request) },
        }
    }
}

pin_project! {
    #[project = OptionalProj]
    pub(crate) enum OptionalFuture<F> {
        With { #[pin] future: ResponseFuture<F> },
        Without { #[pin] future: F },
    }
}

impl<F, B, E> Future for OptionalFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project() {
            OptionalProj::With { future } => future.poll(cx),
            OptionalProj::Without { future } => future.poll(cx),
        }
    }
}
