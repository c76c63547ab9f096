//! The head of a request, with its route.

use super::RouteContext;
use crate::body::{BodyError, Observer};
use crate::config::Resolved;
use crate::cookies::Cookies;
use crate::error::{Error, ErrorContext, StreamError, caught};
use crate::log;
use crate::query::Query;
use crate::routing::MatchedPath;
use http::request::Parts;
use std::sync::{Arc, OnceLock};

/// The head of a request, with its route.
///
/// The handler's request and the future of its route share it. So an error can be logged with method and path without
/// copies of them, and to move a request is to move a pointer.
#[derive(Debug)]
pub(crate) struct RequestHead {
    /// Without the extensions, which a handler may change.
    pub(crate) parts: Parts,
    pub(crate) context: Arc<RouteContext>,
    /// `None` if the settings are those of the route.
    pub(crate) resolved: Option<Box<Resolved>>,
    pub(crate) path: MatchedPath,
    /// Whether the request goes to a service, not to a handler.
    pub(crate) is_service: bool,
    // Parsed at the first use, because most handlers use neither.
    pub(crate) query: OnceLock<Query>,
    pub(crate) cookies: OnceLock<Cookies>,
}

impl RequestHead {
    pub(crate) fn new(
        parts: Parts,
        context: Arc<RouteContext>,
        path: MatchedPath,
        resolved: Option<Box<Resolved>>,
    ) -> Self {
        Self {
            parts,
            context,
            resolved,
            path,
            is_service: false,
            query: OnceLock::new(),
            cookies: OnceLock::new(),
        }
    }

    /// Creates the head of a request that goes to a service. It has only what the log and the hooks need.
    pub(crate) fn for_service<B>(request: &http::Request<B>, context: Arc<RouteContext>) -> Self {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        (parts.method, parts.uri) = (request.method().clone(), request.uri().clone());
        if context.settings.has_hooks() {
            parts.headers.clone_from(request.headers());
        }
        Self { is_service: true, ..Self::new(parts, context, MatchedPath::default(), None) }
    }

    /// Returns the settings of the request.
    pub(crate) fn resolved(&self) -> &Resolved {
        self.resolved.as_deref().unwrap_or(&self.context.resolved)
    }

    pub(crate) fn error_context(&self) -> ErrorContext<'_> {
        let Parts { method, uri, headers, .. } = &self.parts;
        ErrorContext::from_parts(method, uri, headers, self.context.route_name())
    }

    /// Calls `on_error` with an error. A panic there is logged, and does not affect the response.
    pub(crate) fn show(&self, error: &Error, context: &ErrorContext<'_>) {
        if let Some(on_error) = &self.context.settings.on_error {
            if let Err(panic) = caught(|| on_error(error, context)) {
                log::internal_error(&format!("{panic:?}"), context.into());
            }
        }
    }
}

/// Observes the body of a response. Its head has been sent, so an error goes to the hook and the log, and the body
/// breaks off.
impl Observer for RequestHead {
    fn broke_off(&self, error: BodyError) -> BodyError {
        let (error, is_handlers) = StreamError::unwrap(error);
        let context = self.error_context().with_head_sent(true);
        self.show(&error, &context);
        log::stream_broke_off(error.status(), &format!("{error:?}"), (&context).into());
        StreamError::wrap((error, is_handlers))
    }
}
