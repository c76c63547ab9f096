//! What is logged, and how; without the feature `tracing`, nothing.

#![cfg_attr(not(feature = "tracing"), allow(unused_variables))]

use crate::error::ErrorContext;

/// The cause of a 500, which the client does not see: the error and its sources.
pub(crate) fn internal_error(error: &str, context: &ErrorContext<'_>) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        method = %context.method,
        path = context.path(),
        http.route = context.route,
        error,
        "API route failed"
    );
}

/// A route that is legal and probably not what was meant: `/api/{id}`.
pub(crate) fn literal_route(route: &str, meant: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        http.route = route,
        "the route `{route}` is a literal, which matches itself alone: for parameters write `{meant}`"
    );
}

/// Next.js's warning about an answer past the response limit.
pub(crate) fn response_too_large(route: Option<&str>, bytes: u64, limit: crate::size::SizeLimit) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        http.route = route,
        bytes,
        limit = %limit,
        "API response exceeds the limit; API routes are meant to respond quickly: \
         https://nextjs.org/docs/messages/api-routes-response-size-limit"
    );
}

/// Next.js's warning about a handler that returned before it answered.
pub(crate) fn resolved_without_answer(context: &ErrorContext<'_>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        method = %context.method,
        path = context.path(),
        http.route = context.route,
        "API resolved without sending a response; set `external_resolver(true)` if another task answers"
    );
}

/// Next.js's warning about a body that the status does not allow.
pub(crate) fn body_ignored(status: http::StatusCode, context: &ErrorContext<'_>) {
    #[cfg(feature = "tracing")]
    tracing::warn!(
        method = %context.method,
        path = context.path(),
        http.route = context.route,
        status = status.as_u16(),
        "a response with this status has no body: the body was ignored; \
         see https://nextjs.org/docs/messages/invalid-api-status-body"
    );
}

/// A stream that broke off after its head was sent.
pub(crate) fn stream_broke_off(route: Option<&str>, error: &(dyn std::error::Error + 'static)) {
    #[cfg(feature = "tracing")]
    tracing::error!(http.route = route, error, "API stream broke off");
}

/// A connection that ended in an error: the client's fault as often as not.
#[cfg(feature = "serve")]
pub(crate) fn connection_failed(error: &(dyn std::error::Error + 'static)) {
    #[cfg(feature = "tracing")]
    tracing::debug!(error, "connection failed");
}

/// An `accept` that failed: the server goes on.
#[cfg(feature = "serve")]
pub(crate) fn accept_failed(error: &std::io::Error) {
    #[cfg(feature = "tracing")]
    tracing::error!(%error, "accept failed");
}
