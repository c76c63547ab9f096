//! What is known of a request when an error happens.

use http::{Method, Uri};

/// The request that failed, for [`map_error`](crate::ApiRouter::map_error) and
/// [`on_error`](crate::ApiRouter::on_error).
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ErrorContext<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// The request's target, as it came.
    pub uri: &'a Uri,
    /// The route that answered, in bracket form; none in a fallback.
    pub route: Option<&'a str>,
}

impl ErrorContext<'_> {
    /// The request's path, as it came.
    pub fn path(&self) -> &str {
        self.uri.path()
    }
}
