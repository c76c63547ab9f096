//! Logs the timeouts of a layer that is not inside a router.

use super::TimedOut;
use super::body::gateway_timeout;
use crate::config::{Outer, RequestLine, SharedLine};
use crate::context::ContextExtension;
use crate::log;
use http::{Extensions, Request};
use std::sync::{Arc, MutexGuard, PoisonError};

/// What is logged of a request that timed out: its request line, with the route of an inner router.
#[derive(Debug)]
pub(super) struct Watch(Arc<SharedLine>);

impl Watch {
    /// Returns `None` inside a router, which logs the error itself.
    pub(super) fn start<B>(request: &mut Request<B>) -> Option<Self> {
        if request.extensions().get::<ContextExtension>().is_some() {
            return None;
        }
        // The line of an outer layer is shared: its target is the one that the client sent.
        let known = request.extensions().get::<Outer>().and_then(|outer| outer.line.clone());
        Some(Self(known.unwrap_or_else(|| {
            let line = Arc::new(SharedLine::new(RequestLine::of(request)));
            Outer::set(request.extensions_mut(), |outer| outer.line = Some(Arc::clone(&line)));
            line
        })))
    }

    /// Logs a 504, and inserts the route into its extensions.
    pub(super) fn timed_out(&self, extensions: &mut Extensions) {
        let line = self.line();
        log::route_failed(gateway_timeout().status(), &TimedOut.to_string(), line.subject());
        if let Some(route) = &line.route {
            extensions.insert(route.clone());
        }
    }

    /// Logs a body that was cut off.
    pub(super) fn broke_off(&self) {
        log::stream_broke_off(gateway_timeout().status(), &TimedOut.to_string(), self.line().subject());
    }

    fn line(&self) -> MutexGuard<'_, RequestLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
