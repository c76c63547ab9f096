//! A service below a prefix.

use super::api_router::{ApiRouter, parse};
use crate::body::{Body, BoxError};
use crate::context::ContextExtension;
use crate::handler::{IntoRoute as _, proxied_to};
use crate::routing::{Pattern, RouteError};
use bytes::Buf;
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use std::task::{Context, Poll};
use tower_service::Service;

impl ApiRouter {
    /// Serves everything below a prefix with a tower service, as axum's `Router::nest_service` does: the service gets the
    /// path without the prefix, and `/` for the prefix itself. The prefix may have parameters.
    ///
    /// [`nest`](Self::nest) adds the routes of an `ApiRouter`, whose handlers get the whole path. To serve every path, use
    /// [`fallback`](Self::fallback).
    ///
    /// ```
    /// use http::{Request, Response};
    /// use std::convert::Infallible;
    /// use tower::{ServiceExt as _, service_fn};
    /// use tower_api_routes::{ApiRouter, Body};
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let files = service_fn(|request: Request<Body>| async move {
    ///     Ok::<_, Infallible>(Response::new(Body::from(request.uri().path().to_owned())))
    /// });
    /// let api = ApiRouter::new().nest_service("/files", files); // for example a `ServeDir`
    ///
    /// let request = Request::get("/files/css/site.css").body(Body::empty()).unwrap();
    /// let mut body = api.oneshot(request).await.unwrap().into_body();
    /// assert_eq!(body.chunk().await.unwrap().unwrap(), "/css/site.css");
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the prefix is not valid, is `/` or has a catch-all, or if a route contradicts an earlier one.
    #[track_caller]
    pub fn nest_service<S, R>(self, prefix: &str, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let pattern = RouteError::or_panic(below(prefix));
        let origin = proxied_to(&service);
        let route = WithoutPrefix { inner: service }.make_route().with_origin(origin);
        RouteError::or_panic(self.try_route(&pattern, route))
    }
}

/// Returns the pattern of everything below a prefix, and of the prefix itself.
fn below(prefix: &str) -> Result<String, RouteError> {
    let prefix = parse(prefix)?;
    if prefix.segments().is_empty() {
        return Err(RouteError::syntax(
            "/",
            "the prefix `/` is every path: use `fallback`, not `nest_service`",
        ));
    }
    check_prefix(&prefix)?;
    Ok(format!("{prefix}/[[...path]]"))
}

/// Returns an error for a prefix with a catch-all.
pub(super) fn check_prefix(prefix: &Pattern) -> Result<(), RouteError> {
    if prefix.has_catch_all() {
        let problem = "a prefix has no catch-all, because what follows it would never match: write a parameter, such as `[name]`";
        return Err(RouteError::syntax(prefix.as_str(), problem));
    }
    Ok(())
}

/// Removes what its route has before the catch-all from the path, for the inner service.
#[derive(Clone)]
struct WithoutPrefix<S> {
    inner: S,
}

impl<S: Service<Request<Body>>> Service<Request<Body>> for WithoutPrefix<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> S::Future {
        let raw = request.uri().path().to_owned();
        if let Some(ContextExtension { context, path }) = request.extensions_mut().get_mut() {
            // The prefix is longer than that of `nest_service` if the router is nested in another one.
            let pattern = context.route.as_ref().map(|route| &route.pattern);
            let segments = pattern.map_or(0, |pattern| pattern.segments().len().saturating_sub(1));
            let rest = without_segments(path.without_base(&raw), segments).to_owned();
            // A handler inside still has the parameters of the whole path.
            path.resolved.get_or_insert_with(|| raw.into());
            if let Some(uri) = with_path(request.uri(), &rest) {
                *request.uri_mut() = uri;
            }
        }
        self.inner.call(request)
    }
}

/// Returns a path without its first segments, each of which has a slash before it.
fn without_segments(path: &str, segments: usize) -> &str {
    let rest = path.match_indices('/').map(|(at, _)| at).nth(segments);
    rest.and_then(|at| path.get(at..)).unwrap_or("/")
}

/// Returns a target with another path.
fn with_path(uri: &Uri, path: &str) -> Option<Uri> {
    let target = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}
