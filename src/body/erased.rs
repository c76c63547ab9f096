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
    /// A copy, because a `SyncWrapper` gives no access through `&self`.
    rest: Rest,
}

/// What a body tells about its remaining frames.
#[derive(Clone, Copy)]
struct Rest {
    size_hint: SizeHint,
    ended: bool,
}

impl Boxed {
    pub(super) fn new<B>(body: B) -> Self
    where
        B: Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let body: Pin<Box<dyn Streaming>> = Box::pin(Erased::new(body));
        let rest = body.rest();
        Self { body: SyncWrapper::new(body), rest }
    }

    pub(super) fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.body.get_mut().as_mut().poll_frame(&mut self.rest, cx)
    }

    pub(super) fn put_back(&mut self, frame: Frame<Bytes>) {
        let body = self.body.get_mut();
        body.as_mut().put_back(frame);
        self.rest = body.rest();
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
        self.rest.size_hint
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.rest.ended
    }
}

/// A body with hooks: a frame can be put back, chunks are counted, and the final error is observed.
trait Streaming: Send {
    /// Polls for the next frame, and updates what is known about those behind it.
    fn poll_frame(
        self: Pin<&mut Self>,
        rest: &mut Rest,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>>;
    fn rest(&self) -> Rest;
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

impl<B> Streaming for Erased<B>
where
    B: Body<Data: Buf, Error: Into<BoxError>> + Send,
{
    fn poll_frame(
        mut self: Pin<&mut Self>,
        rest: &mut Rest,
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
            Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(self.fail(error)))),
            Poll::Ready(Some(Ok(_))) => *rest = self.rest(),
            Poll::Ready(None) | Poll::Pending => {}
        }
        polled
    }

    fn rest(&self) -> Rest {
        let mut size_hint = self.body.size_hint();
        if let Some(first) = self.first.as_ref().and_then(Frame::data_ref) {
            let (length, rest) = (first.len() as u64, size_hint);
            size_hint = SizeHint::new();
            size_hint.set_lower(rest.lower() + length);
            if let Some(upper) = rest.upper() {
                size_hint.set_upper(upper + length);
            }
        }
        Rest { size_hint, ended: self.first.is_none() && self.body.is_end_stream() }
    }

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
