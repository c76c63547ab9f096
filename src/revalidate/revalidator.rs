//! The trait `Revalidator`, and the future of a revalidation.

use super::error::{OriginResult, RevalidateError};
use http::{HeaderMap, HeaderName};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// Revalidates pages on every server that caches them.
///
/// [`HttpRevalidator`](super::HttpRevalidator) sends requests to Next.js. Implement this trait for a queue, a CDN, or a
/// test.
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
    /// Revalidates one path, and returns the result of each server.
    fn revalidate<'a>(&'a self, request: RevalidateRequest<'a>) -> RevalidateFuture<'a>;

    /// Returns the names of the headers that [`RevalidateRequest::headers`] gets from a handler's request. Default:
    /// none.
    fn forwarded_headers(&self) -> &[HeaderName] {
        &[]
    }
}

/// The future of [`Revalidator::revalidate`].
pub type RevalidateFuture<'a> = Pin<Box<dyn Future<Output = Vec<OriginResult>> + Send + 'a>>;

/// A path that is to be revalidated.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct RevalidateRequest<'a> {
    /// The path of the page, as in a client's request. It starts with a slash.
    pub path: &'a str,
    /// Whether only a page that was rendered before is revalidated.
    pub only_generated: bool,
    /// The headers of the handler's request that the revalidator asked for.
    pub headers: &'a HeaderMap,
}

impl<'a> RevalidateRequest<'a> {
    /// Creates a request to revalidate a path, for a test of a [`Revalidator`]. It includes pages that were never
    /// rendered.
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

    /// Sets whether only a page that was rendered before is revalidated. Default: `false`.
    pub fn only_generated(self, only_generated: bool) -> Self {
        Self { only_generated, ..self }
    }
}

/// A revalidation, which starts when it is awaited; see [`ApiResponse::revalidate`](crate::ApiResponse::revalidate).
#[must_use = "nothing is revalidated until it is awaited"]
pub struct Revalidate<'a> {
    revalidator: Option<&'a dyn Revalidator>,
    request: RevalidateRequest<'a>,
}

impl<'a> Revalidate<'a> {
    /// The request has all headers. Those that are not forwarded are removed when the revalidation starts.
    pub(crate) fn new(
        revalidator: Option<&'a dyn Revalidator>,
        path: &'a str,
        headers: &'a HeaderMap,
    ) -> Self {
        Self { revalidator, request: RevalidateRequest::new(path, headers) }
    }

    /// Revalidates only a page that was rendered before: Next.js's `unstable_onlyGenerated`. The 404 of any other page
    /// is a success.
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

/// Returns the headers of these names.
pub(super) fn pick(names: &[HeaderName], from: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in names {
        for value in from.get_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers
}
