use super::{Body, BodyError, BoxError, Guard};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::Either;
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// The response body of a layer: the inner service's, perhaps with a deadline or a limit, or that of the layer's own
    /// response.
    #[derive(Debug)]
    pub struct LayeredBody<B> {
        // `None` once the guard has ended it, so that what writes the body is dropped, too.
        #[pin]
        body: Option<Either<B, Body>>,
        // On the heap, because most bodies have none and should not reserve space for it.
        guard: Option<Box<dyn Guard>>,
    }
}

impl<B> LayeredBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self { body: Some(Either::Left(body)), guard: None }
    }

    pub(crate) fn own(body: Body) -> Self {
        Self { body: Some(Either::Right(body)), guard: None }
    }

    /// Adds a guard to a body that has none.
    pub(crate) fn guard(&mut self, guard: Box<dyn Guard>) {
        self.guard = Some(guard);
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
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut this = self.project();
        let Some(mut body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let polled = body.as_mut().poll_frame(cx).map_err(BodyError::new);
        let Some(guard) = this.guard else { return polled };
        match guard.check(&polled, body.is_end_stream(), cx) {
            None => polled,
            Some(error) => {
                this.body.set(None);
                Poll::Ready(Some(Err(error)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(http_body::Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), http_body::Body::size_hint)
    }
}
