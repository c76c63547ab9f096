//! What a layer keeps of a request for the log.

use super::RequestHead;
use crate::log::Subject;
use crate::routing::MatchedRoute;
use http::{Method, Request, Uri};
use std::sync::Arc;

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

/// The request whose response is measured. For a route it is shared, because a clone of the target would allocate.
#[derive(Clone, Debug)]
pub(crate) enum Measured {
    Line(RequestLine),
    Head(Arc<RequestHead>),
}

impl Measured {
    pub(crate) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Line(line) => line.subject(),
            Self::Head(head) => (&head.error_context()).into(),
        }
    }
}
