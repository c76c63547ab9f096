//! The result of a match, as it is stored with a request.

use super::normalize::without_trailing;
use std::fmt;
use std::sync::Arc;

/// The pattern of the matched route, in bracket form: the value for `http.route` and for the labels of a metric.
///
/// It is in the extensions of the request that a layer of the router or a tower service gets. With
/// `ApiRouter::expose_matched_route` it is in those of each response, too.
///
/// ```
/// use tower::ServiceExt as _;
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, MatchedRoute, Result};
///
/// async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let api = ApiRouter::new().expose_matched_route(true).route("/api/post/[pid]", show);
/// let request = http::Request::get("/api/post/42").body(Body::empty()).unwrap();
/// let response = api.oneshot(request).await.unwrap();
/// assert_eq!(response.extensions().get::<MatchedRoute>().unwrap().as_str(), "/api/post/[pid]");
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MatchedRoute(Arc<str>);

impl MatchedRoute {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.into())
    }

    /// Returns the pattern, such as `/api/post/[pid]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MatchedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MatchedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatchedRoute({})", self.0)
    }
}

/// The path that was matched: the request's own, or one with its dot segments resolved, both without the base path.
#[derive(Clone, Debug, Default)]
pub(crate) struct MatchedPath {
    pub(crate) base: usize,
    pub(crate) resolved: Option<Box<str>>,
}

impl MatchedPath {
    /// Returns the path without the base path, with its trailing slash if it has one.
    pub(crate) fn without_base<'a>(&'a self, raw: &'a str) -> &'a str {
        let path = self.resolved.as_deref().unwrap_or(raw);
        path.get(self.base..).filter(|path| !path.is_empty()).unwrap_or("/")
    }

    pub(crate) fn of<'a>(&'a self, raw: &'a str) -> &'a str {
        without_trailing(self.without_base(raw))
    }
}
