//! The log of a layer that no router stands around.

use super::TimedOut;
use super::body::gateway_timeout;
use crate::config::{Outer, RouteSlot};
use crate::context::{ContextExtension, RequestLine};
use crate::log;
use http::{Extensions, Request};
use std::sync::{Arc, PoisonError};

/// What is known of a request once its time is up: its line, and the route of a router inside.
#[derive(Debug)]
pub(super) struct Watch {
    line: RequestLine,
    route: Arc<RouteSlot>,
}

impl Watch {
    /// Returns `None` inside of a router, which logs the error itself.
    pub(super) fn start<B>(request: &mut Request<B>) -> Option<Box<Self>> {
        if request.extensions().get::<ContextExtension>().is_some() {
            return None;
        }
        let line = RequestLine::of(request);
        let mut route = None;
        Outer::set(request.extensions_mut(), |outer| route = Some(outer.route_slot()));
        route.map(|route| Box::new(Self { line, route }))
    }

    /// Logs a 504, and writes the route into its extensions.
    pub(super) fn timed_out(self, extensions: &mut Extensions) {
        let line = self.into_line();
        log::route_failed(gateway_timeout().status(), &TimedOut.to_string(), line.subject());
        if let Some(route) = line.route {
            extensions.insert(route);
        }
    }

    /// Logs a body that was cut.
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
