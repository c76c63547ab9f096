//! The router's own responses.

use super::redirect::redirect;
use crate::body::Body;
use crate::context::{RequestHead, RouteContext};
use crate::error::Error;
use crate::handler::{Endpoint, RouteFuture};
use crate::response::Result;
use crate::routing::MatchedPath;
use http::{Request, Response, StatusCode};
use std::sync::Arc;

/// Why no route responds.
#[derive(Clone, Debug)]
pub(super) enum Own {
    NotFound,
    /// A route matches, and one of its parameters cannot be decoded.
    Malformed,
    /// The path is not normalized.
    Redirect {
        to: Box<str>,
        trailing_only: bool,
    },
}

impl Own {
    fn response<B>(&self, request: &Request<B>) -> Result<Response<Body>> {
        match self {
            Self::NotFound => Err(Error::new(StatusCode::NOT_FOUND, "Not Found")),
            Self::Malformed => Err(Error::new(StatusCode::BAD_REQUEST, "Bad Request")),
            Self::Redirect { to, trailing_only } => Ok(redirect(to, request.uri(), *trailing_only)),
        }
    }

    /// Responds without any layer.
    pub(super) fn respond<B>(&self, request: &Request<B>, context: &Arc<RouteContext>) -> RouteFuture {
        let head = RequestHead::for_service(request, Arc::clone(context));
        RouteFuture::ready(self.response(request), Arc::new(head))
    }
}

/// The innermost service of the router's own responses. The response to send is in the extensions of the request.
pub(super) struct OwnEndpoint {
    pub(super) context: Arc<RouteContext>,
}

impl Endpoint for OwnEndpoint {
    fn call(self: Arc<Self>, mut request: Request<Body>, _: MatchedPath) -> RouteFuture {
        let own = request.extensions_mut().remove().unwrap_or(Own::NotFound);
        own.respond(&request, &self.context)
    }
}
