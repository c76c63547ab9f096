//! Who revalidates, and what is waited for.

use super::{NotRevalidated, RevalidateError, pick};
use http::{HeaderMap, HeaderName, StatusCode};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// Renders a page anew wherever it is cached.
///
/// [`HttpRevalidator`](super::HttpRevalidator) asks Next.js over HTTP; another one may tell a queue, a CDN, or a test.
///
/// ```
/// use http::StatusCode;
/// use std::sync::Mutex;
/// use tower_api_routes::{ApiRouter, Revalidator};
/// use tower_api_routes::revalidate::{OriginResult, RevalidateFuture, RevalidateRequest};
///
/// /// For tests: remembers the paths.
/// #[derive(Default)]
/// struct Recorder(Mutex<Vec<String>>);
///
/// impl Revalidator for Recorder {
///     fn revalidate<'a>(&'a self, request: RevalidateRequest<'a>) -> RevalidateFuture<'a> {
///         self.0.lock().unwrap().push(request.path.to_owned());
///         Box::pin(async { vec![OriginResult { origin: "test".into(), result: Ok(StatusCode::OK) }] })
///     }
/// }
///
/// let api = ApiRouter::new().revalidator(Recorder::default());
/// ```
pub trait Revalidator: Send + Sync + 'static {
    /// Revalidates one path everywhere; what became of it at each place is in the answer.
    fn revalidate<'a>(&'a self, request: RevalidateRequest<'a>) -> RevalidateFuture<'a>;

    /// The headers of a handler's request that [`RevalidateRequest::headers`] is to hold. Default: none.
    fn forwarded_headers(&self) -> &[HeaderName] {
        &[]
    }
}

/// What [`Revalidator::revalidate`] returns.
pub type RevalidateFuture<'a> = Pin<Box<dyn Future<Output = Vec<OriginResult>> + Send + 'a>>;

/// What is to be revalidated.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RevalidateRequest<'a> {
    /// The page's path as a client asks for it; starts with a slash.
    pub path: &'a str,
    /// Whether a page that was never rendered is to be left alone.
    pub only_generated: bool,
    /// The headers of the handler's request that the revalidator asked for.
    pub headers: &'a HeaderMap,
}

impl<'a> RevalidateRequest<'a> {
    /// Creates a request to revalidate a path, whether the page was rendered before or not: for a test of a [`Revalidator`].
    ///
    /// ```
    /// use http::HeaderMap;
    /// use tower_api_routes::revalidate::RevalidateRequest;
    ///
    /// let headers = HeaderMap::new();
    /// let request = RevalidateRequest::new("/posts/1", &headers).only_generated(true);
    /// assert!(request.only_generated);
    /// ```
    pub fn new(path: &'a str, headers: &'a HeaderMap) -> Self {
        Self { path, only_generated: false, headers }
    }

    /// Sets whether a page that was never rendered is to be left alone.
    pub fn only_generated(self, only_generated: bool) -> Self {
        Self { only_generated, ..self }
    }
}

/// What became of a path at one place.
#[derive(Debug)]
pub struct OriginResult {
    /// The place, such as `http://10.0.0.1:3000`.
    pub origin: String,
    /// The status of the page that was rendered, or why none was.
    pub result: Result<StatusCode, NotRevalidated>,
}

/// A revalidation that starts when it is awaited; see [`ApiResponse::revalidate`](crate::ApiResponse::revalidate).
#[must_use = "nothing is revalidated until it is awaited"]
pub struct Revalidate<'a> {
    revalidator: Option<&'a dyn Revalidator>,
    request: RevalidateRequest<'a>,
}

impl<'a> Revalidate<'a> {
    /// With all of the request's headers: which of them are forwarded is asked when it starts.
    pub(crate) fn new(
        revalidator: Option<&'a dyn Revalidator>,
        path: &'a str,
        headers: &'a HeaderMap,
    ) -> Self {
        Self { revalidator, request: RevalidateRequest::new(path, headers) }
    }

    /// Leaves a page alone that was never rendered: then its 404 is a success. Next.js's `unstable_onlyGenerated`.
    pub fn only_generated(mut self) -> Self {
        self.request.only_generated = true;
        self
    }
}

impl<'a> IntoFuture for Revalidate<'a> {
    type Output = Result<Vec<OriginResult>, RevalidateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { revalidator, request } = self;
            if !request.path.starts_with('/') {
                return Err(RevalidateError::invalid_path(request.path));
            }
            let Some(revalidator) = revalidator else { return Err(RevalidateError::absent(request.path)) };
            let headers = pick(revalidator.forwarded_headers(), request.headers);
            let request = RevalidateRequest { headers: &headers, ..request };
            RevalidateError::unless_all_succeeded(request.path, revalidator.revalidate(request).await)
        })
    }
}

impl fmt::Debug for Revalidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Revalidate").field(&self.request).finish()
    }
}
