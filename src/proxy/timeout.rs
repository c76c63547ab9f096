//! The time limits for the origin's response and for the client's body. The first is suspended while the proxy waits
//! for the client.

use super::ProxyError;
use crate::body::{Body, BodyError};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, Sleep, sleep};

/// The progress of a request's body.
#[derive(Clone)]
pub(super) struct Upload(Arc<Mutex<State>>);

struct State {
    /// The client has not sent the next chunk yet.
    waits_for_client: bool,
    /// When the last chunk was passed on.
    last: Instant,
    end: Option<Failure>,
}

/// Why a body ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It ended with an error.
    Broken,
    /// The client sent nothing for too long.
    Silent,
}

impl Upload {
    /// Observes a body. A buffered body needs no observation, because it is passed on at once.
    pub(super) fn observe(body: Body, limit: Duration) -> (Option<Self>, Body) {
        if body.as_bytes().is_some() {
            return (None, body);
        }
        let state = State { waits_for_client: false, last: Instant::now(), end: None };
        let upload = Self(Arc::new(Mutex::new(state)));
        (Some(upload.clone()), Body::boxed(Observed { body, upload, limit, silence: None }))
    }

    /// Returns why the body ended early, if it did.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.with(|state| state.end)
    }

    /// Returns the current deadline of the origin.
    fn deadline(&self, limit: Duration) -> Option<Instant> {
        let since = self.with(|state| if state.waits_for_client { Instant::now() } else { state.last });
        since.checked_add(limit)
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Observed {
    body: Body,
    upload: Upload,
    /// The longest time without a byte of the client.
    limit: Duration,
    /// Runs while the proxy waits for the client.
    silence: Option<Pin<Box<Sleep>>>,
}

impl Observed {
    /// Waits until the client has sent nothing for too long.
    fn poll_silence(&mut self, cx: &mut Context<'_>, was_waiting: bool) -> Poll<()> {
        let limit = self.limit;
        let silence = self.silence.get_or_insert_with(|| Box::pin(sleep(limit)));
        if let (false, Some(end)) = (was_waiting, Instant::now().checked_add(limit)) {
            silence.as_mut().reset(end);
        }
        silence.as_mut().poll(cx)
    }
}

impl http_body::Body for Observed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let mut polled = Pin::new(&mut self.body).poll_frame(cx);
        let was_waiting =
            self.upload.with(|state| std::mem::replace(&mut state.waits_for_client, polled.is_pending()));
        let mut end = matches!(polled, Poll::Ready(Some(Err(_)))).then_some(Failure::Broken);
        if polled.is_pending() && self.poll_silence(cx, was_waiting).is_ready() {
            end = Some(Failure::Silent);
            let error = BodyError::new(ProxyError::ClientTimeout(self.limit).into()).in_request(true);
            polled = Poll::Ready(Some(Err(error)));
        }
        self.upload.with(|state| {
            state.last = Instant::now();
            state.end = end;
        });
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Waits for the origin, and returns `None` once the time limit has passed.
pub(super) async fn limited<F: Future>(
    future: F,
    limit: Duration,
    upload: Option<&Upload>,
) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut timer = pin!(sleep(limit));
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        ready!(timer.as_mut().poll(cx));
        match upload.and_then(|upload| upload.deadline(limit)) {
            Some(deadline) if deadline > Instant::now() => {
                timer.as_mut().reset(deadline);
                timer.as_mut().poll(cx).map(|()| None)
            }
            _ => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::BoxError;
    use futures_util::StreamExt as _;

    const LIMIT: Duration = Duration::from_secs(10);

    fn seconds(number: u64) -> Duration {
        Duration::from_secs(number)
    }

    /// A body whose chunks come after these seconds each.
    fn body(pauses: &'static [u64]) -> Body {
        let chunk = |pause: &'static u64| async {
            sleep(seconds(*pause)).await;
            Ok::<_, BoxError>("x")
        };
        Body::from_stream(futures_util::stream::iter(pauses).then(chunk))
    }

    #[tokio::test(start_paused = true)]
    async fn the_origins_time_restarts_with_each_chunk() {
        // The seconds before each chunk of the client, and those that the origin takes for each and for its response;
        // the end, and whether it is a response.
        let cases: [(&[u64], u64, u64, u64, bool); 9] = [
            (&[], 0, 9, 9, true),
            (&[], 0, 11, 10, false),
            (&[8, 8], 0, 9, 25, true),
            (&[15, 15], 0, 9, 39, true),
            (&[15, 15], 0, 11, 40, false),
            (&[0, 0], 9, 9, 27, true),
            (&[0, 0], 11, 0, 10, false),
            (&[15, 15], 9, 9, 57, true),
            (&[15, 15], 11, 0, 25, false),
        ];
        for (pauses, taken, wait, end, responds) in cases {
            let started = Instant::now();
            let (upload, mut body) = Upload::observe(body(pauses), seconds(60));
            let exchange = async {
                while let Some(chunk) = body.chunk().await.unwrap() {
                    assert_eq!(chunk, "x");
                    sleep(seconds(taken)).await;
                }
                sleep(seconds(wait)).await;
            };
            let response = limited(exchange, LIMIT, upload.as_ref()).await;
            let what = format!("{pauses:?} {taken} {wait}");
            assert_eq!((started.elapsed().as_secs(), response.is_some()), (end, responds), "{what}");
            assert_eq!(upload.unwrap().failure(), None, "{what}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_client_is_told_from_a_slow_one() {
        let cases: [(&[u64], u64, Option<Failure>); 4] = [
            (&[9, 9, 9], 27, None),
            (&[11], 10, Some(Failure::Silent)),
            (&[9, 11], 19, Some(Failure::Silent)),
            (&[], 0, None),
        ];
        for (pauses, end, failure) in cases {
            let started = Instant::now();
            let (upload, mut body) = Upload::observe(body(pauses), LIMIT);
            while let Ok(Some(_)) = body.chunk().await {}
            assert_eq!(
                (started.elapsed().as_secs(), upload.unwrap().failure()),
                (end, failure),
                "{pauses:?}"
            );
        }
        let broken = Body::from_stream(futures_util::stream::iter([Ok("x"), Err(BoxError::from("cut"))]));
        let (upload, mut body) = Upload::observe(broken, LIMIT);
        while let Ok(Some(_)) = body.chunk().await {}
        assert_eq!(upload.unwrap().failure(), Some(Failure::Broken));
        // A body in memory is passed on at once.
        assert!(Upload::observe(Body::from("x"), LIMIT).0.is_none());
    }
}
