use crate::body::{BoxError, LayeredBody};
use crate::{max_duration, response_limit};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::Either;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

type AllLayersBody<B> = max_duration::ResponseBody<response_limit::ResponseBody<LayeredBody<B>>>;

pin_project! {
    /// The response body of a [`ConfiguredService`](super::ConfiguredService).
    #[derive(Debug)]
    pub struct ConfiguredBody<B> {
        #[pin]
        inner: Either<AllLayersBody<B>, B>,
    }
}

impl<B> ConfiguredBody<B> {
    pub(super) fn layered(body: AllLayersBody<B>) -> Self {
        Self { inner: Either::Left(body) }
    }

    pub(super) fn plain(body: B) -> Self {
        Self { inner: Either::Right(body) }
    }
}

impl<B> Default for ConfiguredBody<B> {
    fn default() -> Self {
        Self::layered(AllLayersBody::default())
    }
}

impl<B> Body for ConfiguredBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.project().inner.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
