//! What a layer keeps of a request for its log lines.

use crate::log::{HasSubject, Subject};
use crate::routing::MatchedRoute;
use http::{Extensions, Method, Request, Uri};

/// The method, the target and the route of a request that was passed on.
#[derive(Clone, Debug)]
pub(crate) struct RequestLine {
    method: Method,
    uri: Uri,
    route: Option<MatchedRoute>,
}

impl RequestLine {
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: request.extensions().get().cloned(),
        }
    }

    /// Takes the route of an inner router, which is known only from its response.
    pub(crate) fn add_route(&mut self, response: &Extensions) {
        if self.route.is_none() {
            self.route = response.get().cloned();
        }
    }

    /// Returns the route, for the response of a layer.
    pub(crate) fn route(&self) -> Option<&MatchedRoute> {
        self.route.as_ref()
    }
}

impl HasSubject for RequestLine {
    fn subject(&self) -> Subject<'_> {
        Subject { method: &self.method, uri: &self.uri, route: self.route.as_ref().map(MatchedRoute::as_str) }
    }
}
