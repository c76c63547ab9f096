//! Passes the context of a route through a service between the router and a handler.

use super::RouteContext;
use crate::routing::MatchedPath;
use std::sync::Arc;

/// The context of a route, in the extensions of a request to a service. A handler inside the service takes it from
/// there.
#[derive(Clone, Debug)]
pub(crate) struct ContextExtension {
    pub(crate) context: Arc<RouteContext>,
    pub(crate) path: MatchedPath,
}
