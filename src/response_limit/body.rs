use super::meter::Meter;
use crate::body::Counter as _;
use crate::body::{BoxError, LayeredBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The inner service's body, counted where its size is not known beforehand.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        body: LayeredBody<B>,
        meter: Option<Meter>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn unmetered(body: B) -> Self {
        Self { body: LayeredBody::inner(body), meter: None }
    }

    pub(super) fn metered(body: B, meter: Meter) -> Self {
        Self { body: LayeredBody::inner(body), meter: Some(meter) }
    }

    pub(super) fn own(body: crate::body::Body) -> Self {
        Self { body: LayeredBody::own(body), meter: None }
    }
}

impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { body: LayeredBody::default(), meter: None }
    }
}

impl<B> Body for ResponseBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        let frame = ready!(this.body.poll_frame(cx)?);
        if let (Some(meter), Some(data)) = (this.meter, frame.as_ref().and_then(Frame::data_ref)) {
            meter.add(data.len())?;
        }
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
