//! The reading end of a stream, which the connection polls.

use super::Slot;
use crate::body::BoxError;
use crate::error::{Error, StreamError};
use crate::response::Result;
use crate::shutdown::Shutdown;
use bytes::Bytes;
use http_body::{Body, Frame};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::time::{Sleep, sleep};

pin_project_lite::pin_project! {
    /// A body that runs the writer's future when it is polled.
    pub(super) struct WriterBody<Fut> {
        // `None` once it is complete.
        #[pin]
        future: Option<Fut>,
        // An error that the future ended with after the head was sent.
        failed: Option<Error>,
        slot: Arc<Slot>,
        stop: Stop,
    }

    impl<Fut> PinnedDrop for WriterBody<Fut> {
        fn drop(this: Pin<&mut Self>) {
            this.slot.close();
        }
    }
}

impl<Fut> WriterBody<Fut> {
    pub(super) fn new(future: Fut, slot: Arc<Slot>, shutdown: Option<Shutdown>) -> Self {
        Self { future: Some(future), failed: None, slot, stop: Stop { shutdown, sleep: None } }
    }
}

impl<Fut: Future<Output = Result<()>>> Body for WriterBody<Fut> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut this = self.project();
        if let Some(error) = this.failed.take() {
            return Poll::Ready(Some(Err(StreamError(error).into())));
        }
        if this.stop.is_over(this.slot, cx) && this.slot.refuse() {
            this.future.set(None);
        }
        if let Some(chunk) = this.slot.take(cx) {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if let Some(future) = this.future.as_mut().as_pin_mut() {
            let polled = catch_unwind(AssertUnwindSafe(|| future.poll(cx)))
                .unwrap_or_else(|panic| Poll::Ready(Err(crate::error::panicked(&*panic))));
            if let Poll::Ready(result) = polled {
                this.future.set(None);
                if let Err(error) = result {
                    // Before the head is sent, the error becomes a response, and is logged there.
                    if !this.slot.close() {
                        return Poll::Ready(Some(Err(StreamError(error).into())));
                    }
                    // On an error hyper discards what it has not sent yet, perhaps the head, so let it flush first.
                    *this.failed = Some(error);
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
        this.slot.poll_take(this.future.is_none(), cx).map(|frame| frame.map(Ok))
    }
}

/// The stop of the server that polls a stream, which polls it again when the stop begins.
struct Stop {
    /// `None` after the time that the stream has then.
    shutdown: Option<Shutdown>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Stop {
    /// Returns, once, whether the time for which a stream goes on after the stop has passed.
    fn is_over(&mut self, slot: &Slot, cx: &mut Context<'_>) -> bool {
        if !self.shutdown.as_ref().is_some_and(Shutdown::has_begun) {
            return false;
        }
        let Some(time) = slot.close_after() else { return false };
        if !time.is_zero() {
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(time)));
            if sleep.as_mut().poll(cx).is_pending() {
                return false;
            }
        }
        self.shutdown = None;
        true
    }
}
