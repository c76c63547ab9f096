//! How a route's context passes through a service between the router and a handler.

use super::RouteContext;
use crate::routing::MatchedPath;
use std::sync::Arc;

/// In the extensions of a request to a service: a handler inside takes its context from here.
#[derive(Clone, Debug)]
pub(crate) struct ContextExtension {
    pub(crate) context: Arc<RouteContext>,
    pub(crate) path: MatchedPath,
}
