//! The stream writer under any interleaving of writer, reader, and the end of either.
//!
//! Tasks are polled only when they were woken, in an order that the case decides: a wake-up that gets lost shows as a
//! deadlock.

use super::Data;
use futures_util::task::{ArcWake, waker};
use http::Request;
use http_body::Body as _;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::AsyncWriteExt;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, BodyWriter, Error, Result};

#[derive(Clone, Copy, Debug)]
enum Op {
    Write(u8),
    /// Through `AsyncWrite`.
    WriteIo(u8),
    Flush,
    Yield,
    Fail,
    Panic,
}

struct Woken(AtomicBool);

impl ArcWake for Woken {
    fn wake_by_ref(woken: &Arc<Self>) {
        woken.0.store(true, Ordering::SeqCst);
    }
}

/// What the handler does, and where it puts a writer that another task is to have.
struct Plan {
    inside: Vec<Op>,
    elsewhere: bool,
    written: Arc<Mutex<Vec<u8>>>,
    writer: Arc<Mutex<Option<BodyWriter>>>,
}

async fn stream(req: ApiRequest, res: ApiResponse) -> Result {
    let plan = req.state::<Plan>()?;
    let (inside, elsewhere) = (plan.inside.clone(), plan.elsewhere);
    let (written, place) = (Arc::clone(&plan.written), Arc::clone(&plan.writer));
    res.stream(move |mut writer: BodyWriter| async move {
        run(&mut writer, &inside, &written).await?;
        if elsewhere {
            *place.lock().map_err(|_| Error::new(500, "poisoned"))? = Some(writer);
        }
        Ok(())
    })
}

async fn run(writer: &mut BodyWriter, ops: &[Op], written: &Mutex<Vec<u8>>) -> Result<()> {
    for op in ops {
        let note = |byte: u8| written.lock().map(|mut written| written.push(byte)).unwrap_or_default();
        match *op {
            Op::Write(byte) => {
                note(byte);
                writer.write(vec![byte]).await?;
            }
            Op::WriteIo(byte) => {
                note(byte);
                AsyncWriteExt::write_all(writer, &[byte]).await?;
                AsyncWriteExt::flush(writer).await?;
            }
            Op::Flush => BodyWriter::flush(writer).await?,
            Op::Yield => yield_once().await,
            Op::Fail => return Err(Error::new(500, "on purpose")),
            Op::Panic => panic!("on purpose"),
        }
    }
    Ok(())
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn ops(data: &mut Data<'_>) -> Vec<Op> {
    let one = |data: &mut Data<'_>| match data.below(16) {
        0..6 => Op::Write(data.byte()),
        6..10 => Op::WriteIo(data.byte()),
        10 => Op::Flush,
        11..14 => Op::Yield,
        14 => Op::Fail,
        _ => Op::Panic,
    };
    (0..data.below(8)).map(|_| one(data)).collect()
}

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let inside = ops(&mut data);
    let outside: Vec<Op> = ops(&mut data).into_iter().filter(|op| !matches!(op, Op::Panic)).collect();
    let elsewhere = data.below(2) == 0;
    let (written, place) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(None)));
    let plan =
        Plan { inside: inside.clone(), elsewhere, written: Arc::clone(&written), writer: Arc::clone(&place) };
    let router = ApiRouter::new().state(plan).route("/", stream);
    let wakers = [(); 2].map(|()| Arc::new(Woken(AtomicBool::new(true))));
    // The head waits for the first write: the response is a task of its own.
    let request = Request::get("/").body(Body::empty()).expect("a request");
    let mut pending = Some(Box::pin(tower::ServiceExt::oneshot(router, request)));
    let mut body: Option<Body> = None;
    let mut other: Option<Pin<Box<dyn Future<Output = Result<()>>>>> = None;
    let (mut read, mut end, mut other_end) = (Vec::new(), None, None);
    let reader_leaves_after = if data.below(4) == 0 { Some(data.below(12)) } else { None };
    for step in 0..400 {
        let taken = place.lock().map(|mut place: std::sync::MutexGuard<'_, Option<BodyWriter>>| place.take());
        if let Some(mut writer) = taken.ok().flatten() {
            let (outside, written) = (outside.clone(), Arc::clone(&written));
            other = Some(Box::pin(async move { run(&mut writer, &outside, &written).await }));
        }
        if reader_leaves_after == Some(step) && end.is_none() {
            end = Some("left");
            (body, pending) = (None, None);
        }
        let reader_can = end.is_none() && wakers[0].0.load(Ordering::SeqCst);
        let other_can = other.is_some() && wakers[1].0.load(Ordering::SeqCst);
        let reader_first = match (reader_can, other_can) {
            (false, false) => break,
            (true, true) => data.below(2) == 0,
            (reader, _) => reader,
        };
        let woken = &wakers[usize::from(!reader_first)];
        woken.0.store(false, Ordering::SeqCst);
        let waker = waker(Arc::clone(woken));
        let mut cx = Context::from_waker(&waker);
        if !reader_first {
            if let Some(Poll::Ready(result)) = other.as_mut().map(|other| other.as_mut().poll(&mut cx)) {
                (other, other_end) = (None, Some(result.is_ok()));
            }
            continue;
        }
        match &mut body {
            None => {
                if let Some(Poll::Ready(Ok(response))) =
                    pending.as_mut().map(|pending| pending.as_mut().poll(&mut cx))
                {
                    pending = None;
                    if response.status() == 200 {
                        body = Some(response.into_body());
                    } else {
                        end = Some("refused");
                    }
                    woken.0.store(true, Ordering::SeqCst);
                }
            }
            Some(inner) => {
                match pin!(inner).poll_frame(&mut cx) {
                    Poll::Ready(Some(Ok(frame))) => read.extend(frame.into_data().unwrap_or_default()),
                    Poll::Ready(Some(Err(_))) => end = Some("broken"),
                    Poll::Ready(None) => end = Some("whole"),
                    Poll::Pending => continue,
                }
                woken.0.store(true, Ordering::SeqCst);
            }
        }
    }
    let (case, written) = (
        format!("{inside:?}, then {outside:?} elsewhere {elsewhere}"),
        written.lock().map(|w| w.clone()).unwrap_or_default(),
    );
    let end = end.unwrap_or_else(|| panic!("a deadlock: {case}"));
    assert!(other.is_none(), "the other task hangs: {case}");
    assert!(written.starts_with(&read), "{read:?} of {written:?}: {case}");
    let fails = inside.iter().any(|op| matches!(op, Op::Fail | Op::Panic));
    match end {
        "whole" => assert!(!fails && read == written, "{read:?} of {written:?}: {case}"),
        "broken" | "refused" => assert!(fails, "{case}"),
        _ => {}
    }
    if end == "whole" && elsewhere && !outside.iter().any(|op| matches!(op, Op::Fail)) {
        assert_eq!(other_end, Some(true), "{case}");
    }
}
