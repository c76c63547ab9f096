//! Logs the timeouts of a layer that is not inside a router.

use super::TimedOut;
use super::body::gateway_timeout;
use crate::config::{Outer, RouteSlot};
use crate::context::{ContextExtension, RequestLine};
use crate::log;
use http::{Extensions, Request};
use std::sync::{Arc, PoisonError};

/// What is logged of a request that timed out: its request line, and the route of an inner router.
#[derive(Debug)]
pub(super) struct Watch {
    line: RequestLine,
    route: Arc<RouteSlot>,
}

impl Watch {
    /// Returns `None` inside a router, which logs the error itself.
    pub(super) fn start<B>(request: &mut Request<B>) -> Option<Box<Self>> {
        if request.extensions().get::<ContextExtension>().is_some() {
            return None;
        }
        let line = RequestLine::of(request);
        let mut route = None;
        Outer::set(request.extensions_mut(), |outer| route = Some(outer.route_slot()));
        route.map(|route| Box::new(Self { line, route }))
    }

    /// Logs a 504, and inserts the route into its extensions.
    pub(super) fn timed_out(self, extensions: &mut Extensions) {
        let line = self.into_line();
        log::route_failed(gateway_timeout().status(), &TimedOut.to_string(), line.subject());
        if let Some(route) = line.route {
            extensions.insert(route);
        }
    }

    /// Logs a body that was cut off.
    pub(super) fn broke_off(self) {
        let line = self.into_line();
        log::stream_broke_off(gateway_timeout().status(), &TimedOut.to_string(), line.subject());
    }

    fn into_line(mut self) -> RequestLine {
        let route = self.route.lock().unwrap_or_else(PoisonError::into_inner).take();
        if route.is_some() {
            self.line.route = route;
        }
        self.line
    }
}
