use super::meter::{Meter, Warned};
use super::{LimitExceeded, ResponseBody, set_warned};
use crate::error::Error;
use crate::routing::MatchedRoute;
use crate::size::SizeLimit;
use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The future of a [`ResponseLimit`](super::ResponseLimit).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: F,
        limit: Option<SizeLimit>,
        enforce: bool,
        route: Option<MatchedRoute>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(
        inner: F,
        limit: Option<SizeLimit>,
        enforce: bool,
        route: Option<MatchedRoute>,
    ) -> Self {
        Self { inner, limit, enforce, route }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: http_body::Body<Data = Bytes>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut response = ready!(this.inner.poll(cx))?;
        let Some(limit) = *this.limit else { return Poll::Ready(Ok(response.map(ResponseBody::unmetered))) };
        let size = response.body().size_hint().exact();
        if size.is_some_and(|size| size < limit.bytes()) {
            return Poll::Ready(Ok(response.map(ResponseBody::unmetered)));
        }
        let warned = Some(response.extensions_mut().get_or_insert_default::<Warned>().clone());
        // The route of a router inside is known only from its answer.
        let route = this.route.take().or_else(|| response.extensions().get::<MatchedRoute>().cloned());
        let mut meter = Meter { limit, enforce: *this.enforce, route, warned, bytes: 0 };
        Poll::Ready(Ok(match size {
            None => response.map(|body| ResponseBody::metered(body, meter)),
            Some(size) => {
                meter.bytes = size;
                if meter.exceeded() {
                    let mut answer =
                        Error::from(LimitExceeded::new(limit)).into_response().map(ResponseBody::own);
                    set_warned(answer.extensions_mut());
                    if let Some(route) = &meter.route {
                        answer.extensions_mut().insert(route.clone());
                    }
                    answer
                } else {
                    response.map(ResponseBody::unmetered)
                }
            }
        }))
    }
}
