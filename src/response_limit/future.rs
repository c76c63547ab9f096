use super::meter::{Meter, Warned};
use super::{LimitExceeded, ResponseBody, set_warned};
use crate::config::RequestLine;
use crate::context::Measured;
use crate::error::{Error, ErrorResponse};
use crate::routing::MatchedRoute;
use crate::size::SizeLimit;
use crate::text::declared_length;
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
        limit: Option<(SizeLimit, RequestLine)>,
        enforce: bool,
    }
}

impl<F> ResponseFuture<F> {
    pub(super) fn new(inner: F, limit: Option<(SizeLimit, RequestLine)>, enforce: bool) -> Self {
        Self { inner, limit, enforce }
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
        let Some((limit, mut line)) = this.limit.take() else {
            return Poll::Ready(Ok(response.map(ResponseBody::unmetered)));
        };
        let size = response.body().size_hint().exact();
        if size.is_some_and(|size| size < limit.bytes()) {
            return Poll::Ready(Ok(response.map(ResponseBody::unmetered)));
        }
        let warned = Some(response.extensions_mut().get_or_insert_default::<Warned>().clone());
        // The route of an inner router is known only from its response.
        line.route = line.route.or_else(|| response.extensions().get::<MatchedRoute>().cloned());
        let route = line.route.clone();
        let request = Measured::Line(line);
        let mut meter = Meter { limit, enforce: *this.enforce, request, warned, bytes: 0 };
        if let Some(size) = size.or_else(|| declared_length(response.headers()).filter(|_| *this.enforce)) {
            meter.bytes = size;
            if meter.exceeded() {
                return Poll::Ready(Ok(refuse(limit, route)));
            }
        }
        if size.is_some() {
            // The meter is dropped here, and so logs the warning.
            return Poll::Ready(Ok(response.map(ResponseBody::unmetered)));
        }
        meter.bytes = 0;
        Poll::Ready(Ok(response.map(|body| ResponseBody::metered(body, meter))))
    }
}

fn refuse<B>(limit: SizeLimit, route: Option<MatchedRoute>) -> Response<ResponseBody<B>> {
    let error = Error::from(LimitExceeded::new(limit));
    let mut response = ErrorResponse::respond(error).map(ResponseBody::own);
    set_warned(response.extensions_mut());
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}
