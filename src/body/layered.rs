use super::{Body, BoxError};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Either;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The response body of a layer: the inner service's, or that of the layer's own response.
    #[derive(Debug)]
    pub struct LayeredBody<B> {
        #[pin]
        body: Either<B, Body>,
    }
}

impl<B> LayeredBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self { body: Either::Left(body) }
    }

    pub(crate) fn own(body: Body) -> Self {
        Self { body: Either::Right(body) }
    }
}

/// Creates an empty body, which tower-http's CORS and timeout layers need for their own responses.
impl<B> Default for LayeredBody<B> {
    fn default() -> Self {
        Self::own(Body::empty())
    }
}

impl<B> http_body::Body for LayeredBody<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
