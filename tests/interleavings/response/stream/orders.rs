//! The slot: a writer in one thread, the body in another.

use super::Slot;
use super::body::WriterBody;
use super::writer::BodyWriter;
use crate::error::Error;
use crate::oneshot;
use crate::response::{Closed, Result};
use bytes::Bytes;
use http::HeaderMap;
use http_body::Body as _;
use loom::future::block_on;
use loom::thread::spawn;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncWrite as _;

type AnyFuture = Pin<Box<dyn Future<Output = Result<()>> + Send>>;
type AnyBody = Pin<Box<WriterBody<AnyFuture>>>;

/// A body with the future that writes it.
fn stream<F>(write: impl FnOnce(BodyWriter) -> F) -> AnyBody
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    let slot = Arc::new(Slot::default());
    let future: AnyFuture = Box::pin(write(BodyWriter::new(Arc::clone(&slot), None)));
    Box::pin(WriterBody::new(future, slot, None))
}

/// A body whose future is done at once, and its writer, for another thread.
fn detached() -> (BodyWriter, AnyBody) {
    let mut writer = None;
    let body = stream(|of_body| {
        writer = Some(of_body);
        async { Ok(()) }
    });
    (writer.unwrap(), body)
}

/// Reads up to this number of frames: their data, with `!` for an error, `#` for trailers, and `.` for the end.
fn read(body: &mut AnyBody, frames: usize) -> String {
    let mut text = String::new();
    for _ in 0..frames {
        match block_on(poll_fn(|cx| body.as_mut().poll_frame(cx))) {
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => text += std::str::from_utf8(&data).unwrap(),
                Err(_) => text.push('#'),
            },
            Some(Err(_)) => return text + "!",
            None => return text + ".",
        }
    }
    text
}

fn model(test: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    // More than three switches at chosen places have not found anything that three did not, and take minutes.
    builder.preemption_bound = Some(3);
    builder.check(test);
}

#[test]
fn chunks_arrive_in_order_to_the_last() {
    model(|| {
        let (mut writer, mut body) = detached();
        let task = spawn(move || {
            block_on(async {
                writer.write("a").await.unwrap();
                writer.write("b").await.unwrap();
            });
        });
        assert_eq!(read(&mut body, 9), "ab.");
        task.join().unwrap();
    });
}

#[test]
fn so_do_copies_through_async_write_and_trailers() {
    model(|| {
        let (mut writer, mut body) = detached();
        let task = spawn(move || {
            for data in [b"a", b"b"] {
                let wrote = block_on(poll_fn(|cx| Pin::new(&mut writer).poll_write(cx, data)));
                assert_eq!(wrote.unwrap(), 1);
            }
            block_on(poll_fn(|cx| Pin::new(&mut writer).poll_shutdown(cx))).unwrap();
            writer.add_trailers(HeaderMap::new());
        });
        assert_eq!(read(&mut body, 9), "ab#.");
        task.join().unwrap();
    });
}

#[test]
fn flush_is_a_frame_and_drop_the_end() {
    let ways: [(fn(BodyWriter), &str); 2] =
        [(|mut writer| block_on(writer.flush()).unwrap(), "."), (drop::<BodyWriter>, ".")];
    for (write, expected) in ways {
        model(move || {
            let (writer, mut body) = detached();
            let task = spawn(move || write(writer));
            assert_eq!(read(&mut body, 9), expected);
            task.join().unwrap();
        });
    }
}

#[test]
fn writer_that_leaves_its_closure_works() {
    model(|| {
        let (sender, receiver) = oneshot::channel::<BodyWriter>();
        let mut body = stream(|mut writer| async move {
            writer.write("a").await?;
            sender.send(writer).map_err(|_| Error::internal("nobody takes it"))
        });
        let task = spawn(move || {
            block_on(async {
                if let Ok(mut writer) = receiver.await {
                    writer.write("b").await.unwrap();
                }
            });
        });
        assert_eq!(read(&mut body, 9), "ab.");
        task.join().unwrap();
    });
}

#[test]
fn writer_elsewhere_while_the_closure_runs() {
    model(|| {
        let (done, wait) = oneshot::channel::<()>();
        let mut writer = None;
        let mut body = stream(|of_body| {
            writer = Some(of_body);
            async {
                _ = wait.await;
                Ok(())
            }
        });
        let mut writer = writer.unwrap();
        let task = spawn(move || {
            block_on(writer.write("a")).unwrap();
            _ = done.send(());
        });
        assert_eq!(read(&mut body, 9), "a.");
        task.join().unwrap();
    });
}

#[test]
fn leaving_reader_is_noticed() {
    model(|| {
        let (mut writer, mut body) = detached();
        let task = spawn(move || {
            block_on(async {
                let first = writer.write("a").await;
                let second = writer.write("b").await;
                (first, second, writer.flush().await, writer.is_closed())
            })
        });
        assert_eq!(read(&mut body, 1), "a");
        drop(body);
        // Whether the first chunk was taken, its writer may hear too late to tell it from one that was not.
        let (_, second, flushed, is_closed) = task.join().unwrap();
        assert_eq!((second, flushed, is_closed), (Err(Closed), Err(Closed), true));
    });
    model(|| {
        let (mut writer, body) = detached();
        let task = spawn(move || block_on(writer.write("a")));
        drop(body);
        assert_eq!(task.join().unwrap(), Err(Closed));
    });
}

#[test]
fn closure_error_breaks_the_stream() {
    model(|| {
        let mut writer = None;
        let mut body = stream(|of_body| {
            writer = Some(of_body);
            async { Err(Error::internal("failed")) }
        });
        let mut writer = writer.unwrap();
        let task = spawn(move || block_on(writer.write("a")));
        let read = read(&mut body, 9);
        drop(body);
        assert!(["!", "a!"].contains(&&*read), "{read}");
        let wrote = task.join().unwrap();
        assert!(wrote == Err(Closed) || read == "a!", "{read}, {wrote:?}");
    });
}

#[test]
fn closure_error_after_its_writer_counts() {
    model(|| {
        let (done, wait) = oneshot::channel::<()>();
        let mut writer = None;
        let mut body = stream(|of_body| {
            writer = Some(of_body);
            async {
                _ = wait.await;
                Err(Error::internal("failed"))
            }
        });
        let mut writer = writer.unwrap();
        let task = spawn(move || {
            block_on(writer.write("a")).unwrap();
            drop(writer);
            _ = done.send(());
        });
        assert_eq!(read(&mut body, 9), "a!");
        task.join().unwrap();
    });
}

#[test]
fn comments_and_chunks_share_the_slot() {
    model(|| {
        let slot = Arc::new(Slot::default());
        let mut writer = BodyWriter::new(Arc::clone(&slot), None);
        let comments = Arc::clone(&slot);
        // As the keep-alive does: while its future waits, it offers a comment, and again when it is polled next.
        let future: AnyFuture = Box::pin(poll_fn(move |_| {
            if comments.keep_alive().is_some_and(|(_, waiting)| !waiting) {
                comments.offer(Bytes::from_static(b":"));
                comments.set_keep_alive(Duration::ZERO);
            }
            Poll::Ready(Ok(()))
        }));
        slot.set_keep_alive(Duration::from_secs(1));
        let mut body: AnyBody = Box::pin(WriterBody::new(future, slot, None));
        let task = spawn(move || block_on(writer.write("a")).unwrap());
        let read = read(&mut body, 9);
        assert!([":a.", "a:.", "a."].contains(&&*read), "{read}");
        task.join().unwrap();
    });
}
