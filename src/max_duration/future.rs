use super::{Deadline, ResponseBody, Watch};
use bytes::Bytes;
use http::Response;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The future of a [`MaxDuration`](super::MaxDuration).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        #[pin]
        inner: Option<F>,
        deadline: Option<Deadline>,
        watch: Option<Watch>,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, deadline: Option<Deadline>, watch: Option<Watch>) -> Self {
        Self { inner: Some(inner), deadline, watch }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: http_body::Body<Data = Bytes>,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Pending };
        if let Poll::Ready(result) = inner.poll(cx) {
            let (deadline, watch) = (this.deadline.take(), this.watch.take());
            return Poll::Ready(result.map(|response| {
                response.map(|body| match deadline {
                    Some(deadline) if !body.is_end_stream() => ResponseBody::guarded(body, deadline, watch),
                    _ => ResponseBody::unguarded(body),
                })
            }));
        }
        if this.deadline.as_mut().is_some_and(|deadline| deadline.poll(cx).is_ready()) {
            // The inner future is dropped first, so that what it holds is released before the response is sent.
            this.inner.set(None);
            let mut response = ResponseBody::timeout();
            if let Some(watch) = this.watch.take() {
                watch.timed_out(response.extensions_mut());
            }
            return Poll::Ready(Ok(response));
        }
        Poll::Pending
    }
}
