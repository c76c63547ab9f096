use super::meter::Meter;
use crate::body::Counter as _;
use crate::body::{BoxError, LayeredBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

pin_project! {
    /// The response body of a [`ResponseLimit`](super::ResponseLimit), counted if its size is not known in advance.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        // `None` once the limit is exceeded, so that what writes the body is dropped, too.
        #[pin]
        body: Option<LayeredBody<B>>,
        // On the heap, because most bodies are not counted and should not reserve space for it.
        meter: Option<Box<Meter>>,
    }
}

impl<B> ResponseBody<B> {
    pub(super) fn unmetered(body: B) -> Self {
        Self { body: Some(LayeredBody::inner(body)), meter: None }
    }

    pub(super) fn metered(body: B, meter: Meter) -> Self {
        Self { body: Some(LayeredBody::inner(body)), meter: Some(Box::new(meter)) }
    }

    pub(super) fn own(body: crate::body::Body) -> Self {
        Self { body: Some(LayeredBody::own(body)), meter: None }
    }
}

impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { body: Some(LayeredBody::default()), meter: None }
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
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let frame = ready!(body.poll_frame(cx)?);
        if let (Some(meter), Some(data)) = (this.meter, frame.as_ref().and_then(Frame::data_ref)) {
            if let Err(error) = meter.add(data.len()) {
                this.body.set(None);
                return Poll::Ready(Some(Err(error)));
            }
        }
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
