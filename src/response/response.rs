use super::Result;
use super::responder::PendingResponse;
use crate::body::Body;
use crate::error::{Error, StreamError};
use http::{Extensions, HeaderMap, StatusCode};
use std::fmt;
use std::task::{Context, Poll, ready};

/// A response that was sent. Only the methods of [`ApiResponse`](crate::ApiResponse) that send make one, so that a handler that
/// forgets to respond does not compile.
///
/// A wrapper gets it from [`Next::run`](crate::Next::run), and may edit its head before it goes out. It may still be *pending*,
/// because the handler has [detached](crate::ApiResponse::detach) it and another task gives it later. Then what is edited here
/// is applied to the response of that task: headers replace those of the same name, a status replaces the status.
///
/// ```
/// use std::time::Instant;
/// use tower_api_routes::{ApiRequest, ApiResponse, Body, Next, Result};
///
/// async fn timed(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
///     let start = Instant::now();
///     let mut response = next.run(req, res).await?;
///     let time = format!("app;dur={}", start.elapsed().as_millis());
///     response.headers_mut().insert("server-timing", time.parse()?);
///     Ok(response)
/// }
/// ```
pub struct Response {
    /// While another task has to respond, what is to be applied to its response.
    inner: http::Response<Body>,
    waits: Waits,
    /// A `Content-Length` of the handler's may be among the headers.
    has_length: bool,
}

/// What has to happen before the head can go out.
enum Waits {
    No,
    ForFirstWrite,
    ForAnotherTask { pending: PendingResponse, status: Option<StatusCode> },
}

impl Response {
    pub(crate) fn ready(response: http::Response<Body>) -> Self {
        Self { inner: response, waits: Waits::No, has_length: true }
    }

    /// Creates a response whose headers have no `Content-Length`.
    pub(super) fn without_length(response: http::Response<Body>) -> Self {
        Self { has_length: false, ..Self::ready(response) }
    }

    pub(super) fn stream(response: http::Response<Body>) -> Self {
        Self { inner: response, waits: Waits::ForFirstWrite, has_length: true }
    }

    pub(super) fn pending(pending: PendingResponse) -> Self {
        let waits = Waits::ForAnotherTask { pending, status: None };
        Self { inner: http::Response::default(), waits, has_length: true }
    }

    /// Returns the status, or `None` while the response is pending.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.waits {
            Waits::ForAnotherTask { .. } => None,
            Waits::No | Waits::ForFirstWrite => Some(self.inner.status()),
        }
    }

    /// Sets the status, also of a response that is pending.
    pub fn set_status(&mut self, status: StatusCode) {
        match &mut self.waits {
            Waits::ForAnotherTask { status: set, .. } => *set = Some(status),
            Waits::No | Waits::ForFirstWrite => *self.inner.status_mut() = status,
        }
    }

    /// Returns the headers. Of a pending response these are the headers that were set here.
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// Returns the headers, to edit. What is inserted into those of a pending response replaces the headers of the same name
    /// in the response that another task gives.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        // The new ones may have a length, which has to be checked.
        self.has_length = true;
        self.inner.headers_mut()
    }

    /// Returns the extensions, which reach the layers around the route.
    pub fn extensions(&self) -> &Extensions {
        self.inner.extensions()
    }

    /// Returns the extensions, to edit. They reach the layers around the route.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.inner.extensions_mut()
    }

    /// Waits until the response is complete but for its body: until another task has responded, or a stream has written for
    /// the first time. For a unit test of a handler; a router does it by itself.
    ///
    /// # Errors
    ///
    /// If that task does not respond, or fails, and if the stream fails before its first write.
    pub async fn resolve(mut self) -> Result<http::Response<Body>> {
        std::future::poll_fn(|cx| self.poll_resolve(cx)).await?;
        Ok(self.inner)
    }

    /// Returns whether the handler has returned before there is a response.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.waits, Waits::ForAnotherTask { .. })
    }

    /// Returns whether there may be a `Content-Length`.
    pub(crate) fn has_length(&self) -> bool {
        self.has_length
    }

    /// Returns whether nothing is left to wait for.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.waits, Waits::No)
    }

    /// Returns the response, once it is ready.
    pub(crate) fn inner_mut(&mut self) -> &mut http::Response<Body> {
        &mut self.inner
    }

    pub(crate) fn into_inner(self) -> http::Response<Body> {
        self.inner
    }

    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::ready(http::Response::default()))
    }

    /// Waits until the head can go out.
    pub(crate) fn poll_resolve(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match &mut self.waits {
                Waits::No => return Poll::Ready(Ok(())),
                Waits::ForFirstWrite => {
                    ready!(self.inner.body_mut().poll_peek(cx))
                        .map_err(|error| StreamError::unwrap(error).0)?;
                    self.waits = Waits::No;
                }
                Waits::ForAnotherTask { pending, status } => {
                    let (mut response, status) = (ready!(pending.poll(cx))?, *status);
                    response.apply(std::mem::take(&mut self.inner), status);
                    *self = response;
                }
            }
        }
    }

    /// Applies what was set while the response was pending.
    fn apply(&mut self, edits: http::Response<Body>, status: Option<StatusCode>) {
        let (parts, _) = edits.into_parts();
        if !parts.headers.is_empty() {
            // `extend` replaces the values of a name by all of its new ones.
            self.headers_mut().extend(parts.headers);
        }
        self.inner.extensions_mut().extend(parts.extensions);
        if let Some(status) = status {
            self.set_status(status);
        }
    }
}

/// Takes the response as it is. One that is still pending, which nothing has resolved, is a 500: see
/// [`resolve`](Response::resolve).
impl From<Response> for http::Response<Body> {
    fn from(response: Response) -> Self {
        if response.is_pending() {
            return Error::internal("the response is pending: wait for it with `resolve`").into_response();
        }
        response.inner
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_pending() {
            return f.write_str("Response(pending)");
        }
        f.debug_struct("Response").field("status", &self.inner.status()).finish_non_exhaustive()
    }
}
