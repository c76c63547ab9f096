//! The request that an error belongs to.

use http::{HeaderMap, Method, Request, Uri};

/// The request that failed, as [`map_error`](crate::ApiRouter::map_error) and [`on_error`](crate::ApiRouter::on_error)
/// get it.
///
/// A test of such a hook creates it from a request:
///
/// ```
/// use http::Request;
/// use tower_api_routes::{Error, ErrorContext};
///
/// fn envelope(error: Error, request: &ErrorContext<'_>) -> Error {
///     match request.headers.get("accept") {
///         Some(accept) if accept == "application/json" => Error::json(error.status(), &error.message()),
///         _ => error,
///     }
/// }
///
/// let request = Request::get("/api/post/1").header("accept", "application/json").body(())?;
/// let context = ErrorContext::new(&request).with_route("/api/post/[pid]");
/// assert_eq!(envelope(Error::new(404, "no such post"), &context).message(), None);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ErrorContext<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's target, as received.
    pub uri: &'a Uri,
    /// The request's headers.
    pub headers: &'a HeaderMap,
    /// The pattern of the route, such as `/api/post/[pid]`. `None` in a fallback.
    pub route: Option<&'a str>,
    head_sent: bool,
}

impl<'a> ErrorContext<'a> {
    /// Creates the context of a request without a route, before a response is sent.
    pub fn new<B>(request: &'a Request<B>) -> Self {
        Self::from_parts(request.method(), request.uri(), request.headers(), None)
    }

    pub(crate) fn from_parts(
        method: &'a Method,
        uri: &'a Uri,
        headers: &'a HeaderMap,
        route: Option<&'a str>,
    ) -> Self {
        Self { method, uri, headers, route, head_sent: false }
    }

    /// Sets the route.
    pub fn with_route(self, route: &'a str) -> Self {
        Self { route: Some(route), ..self }
    }

    /// Sets whether the head of the response was sent before the error.
    pub fn with_head_sent(self, head_sent: bool) -> Self {
        Self { head_sent, ..self }
    }

    /// Returns the request's path, as received.
    pub fn path(&self) -> &'a str {
        self.uri.path()
    }

    /// Returns whether the head of the response was sent before the error.
    ///
    /// If so, the response breaks off, and its status is not the error's.
    pub fn head_sent(&self) -> bool {
        self.head_sent
    }
}
