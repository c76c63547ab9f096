//! What a layer keeps of a request for its log.

use super::RequestHead;
use crate::log::Subject;
use crate::routing::MatchedRoute;
use http::{Method, Request, Uri};

/// The method, the target and the route of a request that was passed on.
#[derive(Clone, Debug)]
pub(crate) struct RequestLine {
    method: Method,
    uri: Uri,
    pub(crate) route: Option<MatchedRoute>,
}

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

impl From<&RequestHead> for RequestLine {
    fn from(head: &RequestHead) -> Self {
        Self {
            method: head.parts.method.clone(),
            uri: head.parts.uri.clone(),
            route: head.context.route.as_ref().map(|route| route.name.clone()),
        }
    }
}
