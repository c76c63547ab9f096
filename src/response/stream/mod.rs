//! Streams responses: the writing part of a handler runs inside the response body.

mod body;
mod slot;
mod writer;

pub(super) use slot::Slot;
pub use writer::BodyWriter;

use super::{ApiResponse, Response};
use crate::body::Body;
use crate::response::Result;
use crate::shutdown;
use body::WriterBody;
use std::future::Future;
use std::sync::Arc;

impl<T: ?Sized> ApiResponse<T> {
    /// Streams a response: the closure gets a [`BodyWriter`], and its future runs inside the response body.
    ///
    /// Nothing is spawned, and one chunk is in flight: a slow client slows the writer down, and a client that
    /// disconnects drops the future. The stream ends with the future.
    ///
    /// As in Node, the head is sent with the first [`write`](BodyWriter::write) or [`flush`](BodyWriter::flush). An
    /// error or a panic before that becomes a response like that of any handler. A later one cuts the stream off,
    /// so that the client does not take it for complete.
    ///
    /// Responses to HEAD, and those with 204 or 304, have no body: their future is dropped as soon as the head is
    /// known.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn ticks(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.write_head(200, [("content-type", "text/event-stream")]).stream(|mut body| async move {
    ///         for i in 0..10 {
    ///             body.write(format!("data: {i}\n\n")).await?;
    ///             tokio::time::sleep(Duration::from_secs(1)).await;
    ///         }
    ///         Ok(())
    ///     })
    /// }
    /// ```
    ///
    /// Guide: [streaming](crate::guide::streaming).
    ///
    /// # Errors
    ///
    /// Returns an error if a status, header or cookie set before cannot be sent.
    ///
    /// Source: [streaming responses](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#streaming-responses).
    pub fn stream<F, Fut>(self, write: F) -> Result
    where
        F: FnOnce(BodyWriter) -> Fut,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let slot = Arc::new(Slot::default());
        let shutdown = shutdown::current();
        let future = write(BodyWriter::new(Arc::clone(&slot), shutdown.clone()));
        self.head(Body::boxed(WriterBody::new(future, slot, shutdown))).map(Response::stream)
    }
}

#[cfg(test)]
mod tests {
    use super::Slot;
    use crate::response::Closed;
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};
    use http_body::Frame;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Wake, Waker};
    use std::time::Duration;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Task {
        fn new() -> (Arc<Self>, Waker) {
            let task = Arc::<Self>::default();
            (task.clone(), task.into())
        }

        fn woken(&self) -> usize {
            self.0.swap(0, Ordering::Relaxed)
        }
    }

    fn put(slot: &Slot, chunk: &'static str, waker: &Waker) -> Poll<Result<(), Closed>> {
        slot.poll_put(&mut Some(chunk.into()), &Context::from_waker(waker))
    }

    /// The data of a frame.
    fn data(frame: Poll<Option<Frame<Bytes>>>) -> Option<Bytes> {
        match frame {
            Poll::Ready(Some(frame)) => frame.into_data().ok(),
            _ => None,
        }
    }

    #[test]
    fn the_task_that_polled_last_is_woken() {
        let (slot, [one, two]) = (Slot::default(), [Task::new(), Task::new()]);
        let cx = |waker| Context::from_waker(waker);
        // The reader waits in two tasks, one after the other.
        assert!(slot.poll_take(false, &cx(&one.1)).is_pending());
        assert!(slot.poll_take(false, &cx(&two.1)).is_pending());
        let (writer, other) = (Task::new(), Task::new());
        assert!(put(&slot, "a", &writer.1).is_pending());
        assert_eq!((one.0.woken(), two.0.woken()), (0, 1));
        // So does the writer.
        assert!(slot.poll_flush(false, &cx(&other.1)).is_pending());
        assert_eq!(slot.take(&cx(&two.1)).unwrap(), "a");
        assert_eq!((writer.0.woken(), other.0.woken()), (0, 1));
        assert_eq!(slot.poll_flush(false, &cx(&other.1)), Poll::Ready(Ok(())));
        // The end of one side wakes the other.
        assert!(slot.poll_take(true, &cx(&one.1)).is_pending(), "the writer is there");
        slot.finish();
        assert_eq!(one.0.woken(), 1);
        assert!(matches!(slot.poll_take(true, &cx(&one.1)), Poll::Ready(None)));
        let slot = Slot::default();
        assert!(put(&slot, "a", &writer.1).is_pending());
        assert!(!slot.close(), "nothing was read");
        assert_eq!(writer.0.woken(), 1);
    }

    #[test]
    fn writer_inside_its_reader_is_not_woken() {
        for same in [true, false] {
            let (slot, reader, other) = (Slot::default(), Task::new(), Task::new());
            let writer = if same { &reader } else { &other };
            let cx = Context::from_waker(&reader.1);
            assert_eq!(slot.take(&cx), None);
            assert!(put(&slot, "a", &writer.1).is_pending());
            assert_eq!(reader.0.woken(), 0, "it is running, and looks again");
            assert_eq!(data(slot.poll_take(false, &cx)).unwrap(), "a");
            assert_eq!(writer.0.woken(), usize::from(!same));
            // Outside of the reader's poll, the task is woken, whoever it is.
            assert!(slot.poll_take(false, &cx).is_pending());
            assert!(put(&slot, "b", &writer.1).is_pending());
            assert_eq!(reader.0.woken(), 1);
            assert_eq!(slot.take(&cx).unwrap(), "b");
            assert_eq!(writer.0.woken(), 1);
        }
    }

    #[test]
    fn a_slot_has_one_chunk_and_no_more() {
        let (slot, waker) = (Slot::default(), Waker::noop());
        let cx = Context::from_waker(waker);
        assert_eq!(slot.poll_flush(false, &cx), Poll::Ready(Ok(())), "there is nothing to flush");
        assert!(slot.poll_flush(true, &cx).is_pending(), "but the head");
        assert_eq!(slot.take(&cx).unwrap(), "");
        assert_eq!(slot.poll_flush(true, &cx), Poll::Ready(Ok(())), "which goes out once");

        assert_eq!(slot.poll_copy(b"a", &cx), Poll::Ready(Ok(())));
        assert!(slot.poll_copy(b"b", &cx).is_pending());
        let mut chunk = Some("c".into());
        assert!(slot.poll_put(&mut chunk, &cx).is_pending());
        assert_eq!(chunk.as_deref(), Some(&b"c"[..]), "there is no room for it");
        slot.offer("d".into());
        assert_eq!(data(slot.poll_take(false, &cx)).unwrap(), "a");
        assert!(slot.poll_put(&mut chunk, &cx).is_pending(), "until it is read");
        assert_eq!((chunk.is_none(), slot.take(&cx).unwrap()), (true, "c".into()));
        assert_eq!(slot.poll_put(&mut chunk, &cx), Poll::Ready(Ok(())));
        slot.offer("d".into());
        assert_eq!(slot.take(&cx).unwrap(), "d");
    }

    #[test]
    fn trailers_come_when_future_and_writer_have_ended() {
        let (slot, cx) = (Slot::default(), Context::from_waker(Waker::noop()));
        slot.set_trailers(HeaderMap::from_iter([(http::header::ETAG, HeaderValue::from_static("x"))]));
        assert_eq!(slot.poll_copy(b"a", &cx), Poll::Ready(Ok(())));
        slot.finish();
        assert_eq!(data(slot.poll_take(true, &cx)).unwrap(), "a");
        assert!(slot.poll_take(false, &cx).is_pending());
        let Poll::Ready(Some(frame)) = slot.poll_take(true, &cx) else { panic!("no trailers") };
        assert_eq!(frame.into_trailers().unwrap()["etag"], "x");
        assert!(matches!(slot.poll_take(true, &cx), Poll::Ready(None)));
    }

    #[test]
    fn writes_fail_after_the_reader_has_gone() {
        let (slot, cx) = (Slot::default(), Context::from_waker(Waker::noop()));
        assert_eq!(slot.poll_copy(b"a", &cx), Poll::Ready(Ok(())));
        assert_eq!((slot.is_closed(), slot.take(&cx).is_some()), (false, true));
        assert_eq!(slot.poll_copy(b"b", &cx), Poll::Ready(Ok(())));
        assert!(slot.close(), "the head went out");
        assert!(slot.is_closed());
        assert_eq!(put(&slot, "c", Waker::noop()), Poll::Ready(Err(Closed)));
        assert_eq!(slot.poll_copy(b"c", &cx), Poll::Ready(Err(Closed)));
        assert_eq!(slot.poll_flush(true, &cx), Poll::Ready(Err(Closed)));
        slot.offer("c".into());
        assert_eq!(slot.take(&cx), None, "what was not read is dropped");
    }

    #[test]
    fn stop_refuses_chunks_and_may_end_streams() {
        for ends in [true, false] {
            let (slot, cx, writer) = (Slot::default(), Context::from_waker(Waker::noop()), Task::new());
            slot.set_close_after(Duration::ZERO, ends);
            assert_eq!(
                (slot.poll_copy(b"a", &cx), slot.close_after()),
                (Poll::Ready(Ok(())), Some(Duration::ZERO))
            );
            assert!(put(&slot, "b", &writer.1).is_pending());
            assert_eq!((slot.refuse(), writer.0.woken()), (ends, 1));
            assert_eq!(put(&slot, "b", &writer.1), Poll::Ready(Err(Closed)));
            assert_eq!(data(slot.poll_take(true, &cx)).unwrap(), "a", "what waits is sent");
            assert_eq!(slot.poll_take(true, &cx).is_ready(), ends);
        }
    }

    #[test]
    fn comments_are_due_while_no_chunk_waits() {
        let (slot, reader) = (Slot::default(), Task::new());
        let cx = Context::from_waker(&reader.1);
        assert_eq!(slot.keep_alive(), None);
        assert!(slot.poll_take(false, &cx).is_pending());
        let second = Duration::from_secs(1);
        slot.set_keep_alive(second);
        assert_eq!((reader.0.woken(), slot.keep_alive()), (1, Some((second, false))));
        assert_eq!(slot.poll_copy(b"a", &cx), Poll::Ready(Ok(())));
        assert_eq!(slot.keep_alive(), Some((second, true)));
        slot.set_keep_alive(Duration::ZERO);
        assert_eq!(slot.keep_alive(), None);
    }
}
