use super::mirror::ResponseObserver;
use crate::body::{Body, BoxError};
use bytes::Buf;
use http::Response;
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The future of a [`Shadow`](super::Shadow)'s response.
    pub struct ShadowFuture<F> {
        #[pin]
        inner: F,
        observer: Option<ResponseObserver>,
    }
}

impl<F> ShadowFuture<F> {
    pub(super) fn new(inner: F, observer: Option<ResponseObserver>) -> Self {
        Self { inner, observer }
    }
}

impl<F, R, E> Future for ShadowFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(cx))?.map(Body::new);
        Poll::Ready(Ok(match this.observer.take() {
            Some(observer) => observer.observe(response),
            None => response,
        }))
    }
}

impl<F> fmt::Debug for ShadowFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShadowFuture").finish_non_exhaustive()
    }
}
