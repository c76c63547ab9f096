//! What bounds a response: its deadline and its size. Routes and layers share it.

mod deadline;
mod future;
mod limit;

pub use deadline::TimedOut;
pub(crate) use deadline::{Deadline, gateway_timeout};
pub use future::ResponseFuture;
pub(crate) use future::{Bounds, poll};
pub use limit::LimitExceeded;
pub(crate) use limit::{Limit, Meter};

use crate::body::{Body, BodyError, Guard};
use crate::log::{self, HasSubject};
use http::Response;
use http_body::Body as _;
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The guard of a body that is sent while it is written: its deadline, and the count of its bytes.
#[derive(Debug)]
struct Watch<L> {
    deadline: Option<Deadline>,
    meter: Option<Meter>,
    /// What the log lines are about.
    line: L,
    /// Whether to log a deadline that has passed. A router does that itself.
    logs: bool,
}

impl<L> Guard for Watch<L>
where
    L: HasSubject + fmt::Debug + Send + Sync + 'static,
{
    fn poll(&mut self, cx: &mut Context<'_>, waits: bool) -> Poll<BodyError> {
        let passed = match &mut self.deadline {
            None => false,
            Some(deadline) if waits => deadline.poll(cx).is_ready(),
            Some(deadline) => deadline.has_passed(),
        };
        if !passed {
            return Poll::Pending;
        }
        if self.logs {
            let status = gateway_timeout().status();
            log::stream_broke_off(status, &format_args!("{TimedOut}"), self.line.subject());
        }
        Poll::Ready(BodyError::new(TimedOut.into()))
    }

    fn add(&mut self, bytes: usize) -> Result<(), BodyError> {
        let counted = self.meter.as_mut().map_or(Ok(()), |meter| meter.add(bytes, &self.line));
        counted.map_err(|error| BodyError::new(error.into()))
    }

    fn meter(&mut self) -> Option<&mut dyn Any> {
        self.meter.as_mut().map(|meter| meter as &mut dyn Any)
    }
}

/// Bounds the body of a route's response, unless it is in memory: a response that is whole is sent.
pub(crate) fn guard<L>(
    response: &mut Response<Body>,
    deadline: Option<Deadline>,
    meter: Option<Meter>,
    line: &Arc<L>,
) where
    L: HasSubject + fmt::Debug + Send + Sync + 'static,
{
    let body = response.body_mut();
    if (deadline.is_none() && meter.is_none()) || body.as_bytes().is_some() || body.is_end_stream() {
        return;
    }
    let mut meter = meter;
    if let (Some(meter), Some(inner)) = (&mut meter, body.guard_mut().and_then(|guard| guard.meter())) {
        // What a handler forwards may be measured already. One of the two warns.
        if let Some(inner) = inner.downcast_mut::<Meter>() {
            meter.share_warning(inner);
        }
    }
    let watch = Watch { deadline, meter, line: Arc::clone(line), logs: false };
    *body = std::mem::take(body).guarded(Box::new(watch));
}
