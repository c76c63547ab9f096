//! The head of a request, with its route.

use super::RouteContext;
use crate::body::{BodyError, Observer};
use crate::config::{Claims, InForce, Outer, Rules};
use crate::cookies::Cookies;
use crate::error::{ErrorContext, StreamError};
use crate::log::{self, HasSubject, Subject};
use crate::query::Query;
use crate::routing::MatchedPath;
use crate::size::SizeLimit;
use http::request::Parts;
use std::sync::{Arc, OnceLock};
use tokio::time::Instant;

/// The head of a request, with its route.
///
/// The handler's request and the future of its route share it. So an error can be logged with method and path without
/// copies of them, and to move a request is to move a pointer.
#[derive(Debug)]
pub(crate) struct RequestHead {
    /// Without the extensions, which a handler may change.
    pub(crate) parts: Parts,
    pub(crate) context: Arc<RouteContext>,
    /// What applies to this request. `None` if the layers and routers around have set nothing: then it is what the route
    /// has set.
    pub(crate) in_force: Option<Box<InForce>>,
    /// What stands inside, and may replace the defaults of the route. `None` if the route has none, or is a handler.
    pub(crate) claims: Option<Arc<Claims>>,
    pub(crate) path: MatchedPath,
    /// Whether the request goes to a service, not to a handler.
    pub(crate) is_service: bool,
    // Parsed at the first use, because most handlers use neither.
    pub(crate) query: OnceLock<Query>,
    pub(crate) cookies: OnceLock<Cookies>,
    #[cfg(feature = "session")]
    pub(crate) session: OnceLock<crate::session::Opened>,
}

impl RequestHead {
    /// Creates the head of a request that goes to a handler.
    pub(crate) fn new(
        parts: Parts,
        context: Arc<RouteContext>,
        path: MatchedPath,
        in_force: Option<Box<InForce>>,
    ) -> Self {
        Self {
            parts,
            context,
            in_force,
            claims: None,
            path,
            is_service: false,
            query: OnceLock::new(),
            cookies: OnceLock::new(),
            #[cfg(feature = "session")]
            session: OnceLock::new(),
        }
    }

    /// Creates the head of a request that goes to a service. It has only what the log, the hooks and a deadline of an
    /// outer layer need.
    pub(crate) fn for_service<B>(request: &http::Request<B>, context: Arc<RouteContext>) -> Self {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        (parts.method, parts.uri) = (request.method().clone(), request.uri().clone());
        if context.settings.hooks.are_set() {
            parts.headers.clone_from(request.headers());
        }
        let outer = Outer::of(request.extensions());
        let in_force = outer.map(|outer| Box::new(InForce { rules: Rules::UNSET, end: outer.end }));
        Self { is_service: true, ..Self::new(parts, context, MatchedPath::default(), in_force) }
    }

    /// Returns the cookies, which are parsed at the first use.
    pub(crate) fn cookies(&self) -> &Cookies {
        self.cookies.get_or_init(|| Cookies::from_headers(&self.parts.headers))
    }

    /// Returns the settings of the request.
    pub(crate) fn rules(&self) -> &Rules {
        self.in_force.as_ref().map_or(&self.context.rules, |in_force| &in_force.rules)
    }

    /// Returns the earliest deadline of the layers around.
    pub(crate) fn end(&self) -> Option<Instant> {
        self.in_force.as_ref().and_then(|in_force| in_force.end)
    }

    /// Returns whether a layer or a router around has set something, and may want to know of the route.
    pub(crate) fn is_asked(&self) -> bool {
        self.in_force.is_some() || self.context.settings.exposes_matched_route()
    }

    /// Returns the size from which the response is too large.
    pub(crate) fn response_limit(&self) -> Option<SizeLimit> {
        if !self.is_service {
            return self.rules().response_limit();
        }
        let replaced = self.claims.as_ref().is_some_and(|claims| claims.response_limit());
        self.rules().response_limit_of_service().filter(|_| !replaced)
    }

    /// Returns whether a response over that size is refused.
    pub(crate) fn enforces_response_limit(&self) -> bool {
        let replaced = self.claims.as_ref().and_then(|claims| claims.enforces_response_limit());
        replaced.unwrap_or(self.rules().enforces_response_limit())
    }

    /// Returns whether the time that the route itself allows is replaced by what stands inside.
    pub(crate) fn deadline_is_replaced(&self) -> bool {
        self.claims.as_ref().is_some_and(|claims| claims.deadline())
    }

    pub(crate) fn error_context(&self) -> ErrorContext<'_> {
        let Parts { method, uri, headers, .. } = &self.parts;
        ErrorContext::from_parts(method, uri, headers, self.context.route_name())
    }
}

impl HasSubject for RequestHead {
    fn subject(&self) -> Subject<'_> {
        let Parts { method, uri, .. } = &self.parts;
        Subject { method, uri, route: self.context.route_name() }
    }
}

/// Observes the body of a response. Its head has been sent, so an error goes to the hook and the log, and the body
/// breaks off.
impl Observer for RequestHead {
    fn broke_off(&self, error: BodyError) -> BodyError {
        StreamError::shown(error, |error| {
            let context = self.error_context().with_head_sent(true);
            self.context.settings.hooks.show(error, &context);
            log::stream_broke_off(error.status(), error, (&context).into());
        })
    }
}
