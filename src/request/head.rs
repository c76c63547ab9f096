//! What is known of a request before its body is read.

use super::{Cookies, Query};
use crate::ErrorContext;
use crate::context::{Context, MatchedPath};
use crate::rules::Rules;
use http::request::Parts;
use std::sync::{Arc, OnceLock};

/// The head of a request, with its route. The handler's request and the future of the answer share it, so that an error is
/// logged with method and path without a copy of both, and so that moving a request moves a pointer: together 550 instructions
/// of a small request's 7,600.
#[derive(Debug)]
pub(crate) struct Head {
    /// Without the extensions, which a handler may change.
    pub(crate) parts: Parts,
    pub(crate) context: Arc<Context>,
    /// None: the route's.
    pub(crate) rules: Option<Box<Rules>>,
    pub(super) path: MatchedPath,
    // Read when asked for: most handlers ask for neither, some for one.
    pub(super) query: OnceLock<Query>,
    pub(super) cookies: OnceLock<Cookies>,
}

impl Head {
    pub(crate) fn new(
        parts: Parts,
        context: Arc<Context>,
        path: MatchedPath,
        rules: Option<Box<Rules>>,
    ) -> Self {
        Self { parts, context, rules, path, query: OnceLock::new(), cookies: OnceLock::new() }
    }

    /// Of a request that goes to somebody else: only what an error is logged with.
    pub(crate) fn of_foreign<B>(request: &http::Request<B>, context: Arc<Context>) -> Self {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        (parts.method, parts.uri) = (request.method().clone(), request.uri().clone());
        Self::new(parts, context, MatchedPath::default(), None)
    }

    /// What the request is held to.
    pub(crate) fn rules(&self) -> &Rules {
        self.rules.as_deref().unwrap_or(&self.context.rules)
    }

    pub(crate) fn error_context(&self) -> ErrorContext<'_> {
        ErrorContext { method: &self.parts.method, uri: &self.parts.uri, route: self.context.route_name() }
    }
}
