//! What layers keep of a request for the log.

use crate::log::Subject;
use crate::routing::MatchedRoute;
use http::{Method, Request, Uri};
use std::sync::Mutex;

/// The method, the target and the route of a request that was passed on.
#[derive(Clone, Debug)]
pub(crate) struct RequestLine {
    method: Method,
    uri: Uri,
    pub(crate) route: Option<MatchedRoute>,
}

/// A request line in which an inner router stores the matched route.
pub(crate) type SharedLine = Mutex<RequestLine>;

impl RequestLine {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: request.extensions().get().cloned(),
        }
    }

    pub(crate) fn subject(&self) -> Subject<'_> {
        Subject { method: &self.method, uri: &self.uri, route: self.route.as_ref().map(MatchedRoute::as_str) }
    }
}
