//! A boxed body. One allocation holds the body and its hooks.

use super::error::{BodyError, BoxError};
use super::guard::{Guard, Observer};
use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use sync_wrapper::SyncWrapper;

/// A body of any type.
pub(super) struct Boxed {
    body: SyncWrapper<Pin<Box<dyn Streaming>>>,
    /// A copy of the body's size hint, because a `SyncWrapper` gives no access through `&self`.
    size_hint: SizeHint,
    ended: bool,
}

impl Boxed {
    pub(super) fn new<B>(body: B) -> Self
    where
        B: Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let body: Pin<Box<dyn Streaming>> = Box::pin(Erased::new(body));
        let (size_hint, ended) = (body.size_hint(), body.is_end_stream());
        Self { body: SyncWrapper::new(body), size_hint, ended }
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let polled = self.body.get_mut().as_mut().poll_frame(cx);
        if matches!(polled, Poll::Ready(Some(Ok(_)))) {
            self.update();
        }
        polled
    }

    pub(super) fn put_back(&mut self, frame: Frame<Bytes>) {
        self.body.get_mut().as_mut().put_back(frame);
        self.update();
    }

    pub(super) fn guard(&mut self) -> &mut Option<Box<dyn Guard>> {
        self.body.get_mut().as_mut().guard()
    }

    pub(super) fn mark_as_request(&mut self) {
        self.body.get_mut().as_mut().mark_as_request();
    }

    pub(super) fn observe(&mut self, observer: Arc<dyn Observer>) {
        self.body.get_mut().as_mut().observe(observer);
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.size_hint
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.ended
    }

    fn update(&mut self) {
        let body = self.body.get_mut();
        (self.size_hint, self.ended) = (body.size_hint(), body.is_end_stream());
    }
}

/// A body with hooks: a frame can be put back, chunks are counted, and the final error is observed.
trait Streaming: Body<Data = Bytes, Error = BodyError> + Send {
    fn put_back(self: Pin<&mut Self>, frame: Frame<Bytes>);
    fn guard(self: Pin<&mut Self>) -> &mut Option<Box<dyn Guard>>;
    fn mark_as_request(self: Pin<&mut Self>);
    fn observe(self: Pin<&mut Self>, observer: Arc<dyn Observer>);
}

pin_project_lite::pin_project! {
    struct Erased<B> {
        #[pin]
        body: B,
        // The frame that was put back.
        first: Option<Frame<Bytes>>,
        guard: Option<Box<dyn Guard>>,
        of_request: bool,
        observer: Option<Arc<dyn Observer>>,
    }
}

impl<B> Erased<B> {
    fn new(body: B) -> Self {
        Self { body, first: None, guard: None, of_request: false, observer: None }
    }

    fn fail(self: Pin<&mut Self>, error: BodyError) -> BodyError {
        let this = self.project();
        let error = error.in_request(*this.of_request);
        match this.observer.take() {
            Some(observer) if !error.is_reported() => observer.broke_off(error).reported(),
            _ => error,
        }
    }
}

impl<B> Body for Erased<B>
where
    B: Body<Data: Buf, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut this = self.as_mut().project();
        let mut polled = if this.first.is_some() {
            Poll::Ready(this.first.take().map(Ok))
        } else {
            this.body.as_mut().poll_frame(cx).map(|frame| {
                frame.map(|frame| match frame {
                    // `copy_to_bytes` does not copy what is `Bytes` already.
                    Ok(frame) => Ok(frame.map_data(|mut data| data.copy_to_bytes(data.remaining()))),
                    Err(error) => Err(BodyError::new(error.into())),
                })
            })
        };
        if let Some(guard) = this.guard {
            if let Some(error) = guard.check(&polled, this.body.is_end_stream(), cx) {
                polled = Poll::Ready(Some(Err(error)));
            }
        }
        match polled {
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(self.fail(error)))),
            frame => frame,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        if let Some(first) = self.first.as_ref().and_then(Frame::data_ref) {
            let length = first.len() as u64;
            let upper = hint.upper();
            hint = SizeHint::new();
            hint.set_lower(self.body.size_hint().lower() + length);
            if let Some(upper) = upper {
                hint.set_upper(upper + length);
            }
        }
        hint
    }
}

impl<B> Streaming for Erased<B>
where
    B: Body<Data: Buf, Error: Into<BoxError>> + Send,
{
    fn put_back(self: Pin<&mut Self>, frame: Frame<Bytes>) {
        // An empty chunk is a flush, which only sends the head.
        let empty = frame.data_ref().is_some_and(Bytes::is_empty);
        *self.project().first = (!empty).then_some(frame);
    }

    fn guard(self: Pin<&mut Self>) -> &mut Option<Box<dyn Guard>> {
        self.project().guard
    }

    fn mark_as_request(self: Pin<&mut Self>) {
        *self.project().of_request = true;
    }

    fn observe(self: Pin<&mut Self>, observer: Arc<dyn Observer>) {
        *self.project().observer = Some(observer);
    }
}

pin_project_lite::pin_project! {
    pub(super) struct FromStream<S> {
        #[pin]
        pub(super) stream: S,
    }
}

impl<S, D, E> Body for FromStream<S>
where
    S: Stream<Item = Result<D, E>>,
    D: Into<Bytes>,
{
    type Data = Bytes;
    type Error = E;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, E>>> {
        self.project().stream.poll_next(cx).map_ok(|data| Frame::data(data.into()))
    }
}
