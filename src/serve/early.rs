//! The rest of a request's body, when its response comes before the service has read all of it.

use super::clock::{Clock, Limit};
use crate::body::Rest;
use http::header::{CONNECTION, EXPECT};
use http::{HeaderMap, HeaderValue, Request, Version};
use http_body::Body as _;
use hyper::body::Incoming;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// How much is read to keep a connection. A response to a request with a longer rest closes it.
const MAX_LENGTH: u64 = 1024 * 1024;
/// How much is read if the client does not say how long the body is.
const MAX_UNKNOWN: u64 = 64 * 1024 * 1024;
/// How long the rest may take.
const MAX_TIME: Duration = Duration::from_secs(30);

/// What a request with a body says about its connection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// The connection ends with this request.
    is_last: bool,
    /// The client waits for a `100 Continue`, or for the final response.
    expects: bool,
}

impl Facts {
    pub(super) fn of<B>(request: &Request<B>) -> Self {
        let says = |token: &[u8]| {
            let values = request.headers().get_all(CONNECTION).iter();
            let mut tokens = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
            tokens.any(|name| name.trim_ascii().eq_ignore_ascii_case(token))
        };
        let is_last = match request.version() {
            Version::HTTP_11 => says(b"close"),
            _ => !says(b"keep-alive"),
        };
        Self { is_last, expects: request.headers().contains_key(EXPECT) }
    }

    /// Lets the connection read what the service has not, or says in the response that the connection closes.
    ///
    /// A body that the service still has is left alone: a proxy or an echo reads it while it responds.
    pub(super) fn settle(self, rest: &Rest, is_stopping: bool, headers: &mut HeaderMap) {
        let Some(dropped) = rest.take() else { return };
        // Reading the rest would delay the end of the connection, which the client may wait for.
        if self.is_last {
            return;
        }
        // Without a `100 Continue` the client may leave the body out, and what comes next would be read as the body.
        let may_not_come = self.expects && !dropped.was_polled;
        let is_long = dropped.body.size_hint().exact().is_some_and(|left| left > MAX_LENGTH);
        if may_not_come || is_long || is_stopping {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        } else {
            rest.put_back(dropped);
        }
    }
}

/// Reads the rest of the bodies of a connection.
#[derive(Debug)]
pub(super) struct Reader {
    current: Option<Current>,
    /// The time for the next piece.
    silence: Duration,
}

#[derive(Debug)]
struct Current {
    body: Incoming,
    left: u64,
    until: Instant,
}

impl Reader {
    pub(super) fn new(silence: Duration) -> Self {
        Self { current: None, silence }
    }

    /// Reads what has arrived. Completes when there is nothing to read: the body has ended, or the service has it no
    /// more and a limit is reached, after which the connection closes.
    pub(super) fn poll(&mut self, rest: &Rest, clock: &Clock, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Some(current) = &mut self.current else {
                // hyper may have read the next request already.
                let Some(body) = ready!(rest.poll_take(cx)) else { return Poll::Ready(()) };
                let left = body.size_hint().exact().unwrap_or(MAX_UNKNOWN);
                self.current = Some(Current { body, left, until: Instant::now() + MAX_TIME });
                clock.set(Limit::Rest, self.silence.min(MAX_TIME));
                continue;
            };
            let length = match ready!(Pin::new(&mut current.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len() as u64),
                Some(Err(_)) | None => u64::MAX,
            };
            let time = current.until.saturating_duration_since(Instant::now());
            if length > current.left || time.is_zero() {
                self.stop(clock);
            } else {
                current.left -= length;
                clock.set(Limit::Rest, self.silence.min(time));
            }
        }
    }

    /// Reads no more. hyper then closes the connection, unless the body has ended.
    pub(super) fn stop(&mut self, clock: &Clock) {
        self.current = None;
        clock.clear(Limit::Rest);
    }
}
