//! [`http_body::Body`] for [`Body`].

use super::{Body, BodyError, Kind};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Full(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            // Not polled at its end: if the response has been sent, hyper does not report the end of a body with a
            // length.
            Kind::Incoming(body, _) if body.is_end_stream() => Poll::Ready(None),
            Kind::Incoming(body, of_request) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|error| BodyError::new(error.into()).in_request(*of_request)),
            Kind::Received(body, of_request) => {
                body.poll_frame(cx).map_err(|error| error.in_request(*of_request))
            }
            Kind::Boxed(boxed) => {
                let polled = boxed.poll_frame(cx);
                if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
                    // Dropped at its end: some streams must not be polled again, and its resources can be freed.
                    self.0 = Kind::Empty;
                }
                polled
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Full(bytes) => bytes.is_empty(),
            Kind::Incoming(body, _) => body.is_end_stream(),
            Kind::Received(body, _) => body.is_end_stream(),
            Kind::Boxed(boxed) => boxed.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Incoming(body, _) => body.size_hint(),
            Kind::Received(body, _) => body.size_hint(),
            Kind::Boxed(boxed) => boxed.size_hint(),
        }
    }
}
