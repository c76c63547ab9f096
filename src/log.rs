//! The events that are logged. Without the feature `tracing` there are none.

#![cfg_attr(not(feature = "tracing"), allow(dead_code, unused_variables))]

use crate::error::ErrorContext;
use http::{Method, StatusCode, Uri};
use std::fmt;
use std::sync::Arc;

/// The request that an event is about.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) route: Option<&'a str>,
}

impl<'a> From<&ErrorContext<'a>> for Subject<'a> {
    fn from(context: &ErrorContext<'a>) -> Self {
        Self { method: context.method, uri: context.uri, route: context.route }
    }
}

/// What has, or keeps, the request that an event is about.
pub(crate) trait HasSubject {
    fn subject(&self) -> Subject<'_>;
}

impl<T: HasSubject> HasSubject for Arc<T> {
    fn subject(&self) -> Subject<'_> {
        (**self).subject()
    }
}

/// Logs an error after it has passed through the hooks. Only with a cause, which the client does not see, is a 5xx
/// unexpected: the program has chosen any other.
pub(crate) fn route_failed(
    status: StatusCode,
    error: &dyn fmt::Debug,
    has_cause: bool,
    request: Subject<'_>,
) {
    #[cfg(feature = "tracing")]
    if !status.is_server_error() || !has_cause {
        tracing::debug!(
            http.request.method = %request.method,
            url.path = request.uri.path(),
            http.route = request.route,
            http.response.status_code = status.as_u16(),
            error = format!("{error:?}"), // text, so that a subscriber escapes line breaks
            "API request refused"
        );
        return;
    }
    internal_error(error, request);
}

/// Logs an error with its sources. The client sees only the 500.
pub(crate) fn internal_error(error: &dyn fmt::Debug, request: Subject<'_>) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        http.request.method = %request.method,
        url.path = request.uri.path(),
        http.route = request.route,
        error = format!("{error:?}"),
        "API route failed"
    );
}

/// Logs why a request has no session. It is not an error: a client that is not signed in has none.
#[cfg(feature = "session")]
pub(crate) fn no_session(reason: &str, request: Subject<'_>) {
    #[cfg(feature = "tracing")]
    tracing::debug!(
        http.request.method = %request.method,
        url.path = request.uri.path(),
        http.route = request.route,
        reason,
        "no session"
    );
}

/// Logs a route that is legal and probably a mistake, such as `/api/{id}`.
pub(crate) fn literal_route(route: &str, meant: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        http.route = route,
        meant,
        "API route is a literal, which only matches itself: write a parameter as `[name]`"
    );
}

/// Logs Next.js's warning about a response over the response limit.
pub(crate) fn response_too_large(request: Subject<'_>, bytes: u64, limit: crate::size::SizeLimit) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        http.request.method = %request.method,
        url.path = request.uri.path(),
        http.route = request.route,
        bytes,
        limit = %limit,
        "API response exceeds the limit; API routes are meant to respond quickly: \
         https://nextjs.org/docs/messages/api-routes-response-size-limit"
    );
}

/// Logs Next.js's warning about a handler that returned before a response was sent.
pub(crate) fn resolved_without_response(request: Subject<'_>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        http.request.method = %request.method,
        url.path = request.uri.path(),
        http.route = request.route,
        "API resolved without sending a response; set `external_resolver(true)` if another task responds"
    );
}

/// Logs Next.js's warning about a body that the status does not allow.
pub(crate) fn body_ignored(status: StatusCode, request: Subject<'_>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        http.request.method = %request.method,
        url.path = request.uri.path(),
        http.route = request.route,
        http.response.status_code = status.as_u16(),
        "a response with this status has no body: the body was ignored; \
         see https://nextjs.org/docs/messages/invalid-api-status-body"
    );
}

/// Logs a response that broke off after its head was sent. `status` is what it would have been before that.
pub(crate) fn stream_broke_off(status: StatusCode, error: &dyn fmt::Debug, request: Subject<'_>) {
    #[cfg(feature = "tracing")]
    if status.is_server_error() {
        tracing::error!(
            http.request.method = %request.method,
            url.path = request.uri.path(),
            http.route = request.route,
            error = format!("{error:?}"),
            "API stream broke off"
        );
    } else {
        tracing::debug!(
            http.request.method = %request.method,
            url.path = request.uri.path(),
            http.route = request.route,
            error = format!("{error:?}"),
            "API stream broke off"
        );
    }
}

/// Logs a connection that ended in an error. At debug, because clients often cause it.
#[cfg(feature = "serve")]
pub(crate) fn connection_failed(error: &(dyn std::error::Error + 'static)) {
    #[cfg(feature = "tracing")]
    tracing::debug!(error, "connection failed");
}

/// Logs a stream of HTTP/2 that was reset because its client takes nothing of the response.
#[cfg(feature = "serve")]
pub(crate) fn nothing_taken() {
    #[cfg(feature = "tracing")]
    tracing::debug!("stream reset: the client has taken nothing of the response within the `send_timeout`");
}

/// Logs an `accept` that failed. The server continues.
#[cfg(feature = "serve")]
pub(crate) fn accept_failed(error: &std::io::Error) {
    #[cfg(feature = "tracing")]
    tracing::error!(%error, "accept failed");
}

/// Logs the start of a shutdown: how many connections are open, and how long they may take.
#[cfg(feature = "serve")]
pub(crate) fn shutting_down(connections: usize, grace_period: std::time::Duration) {
    #[cfg(feature = "tracing")]
    tracing::info!(connections, ?grace_period, "shutting down: waiting for open connections");
}

/// Logs the end of a shutdown with connections that are still open.
#[cfg(feature = "serve")]
pub(crate) fn connections_cut(connections: usize) {
    #[cfg(feature = "tracing")]
    tracing::warn!(connections, "shutdown: closing connections with requests in flight");
}
