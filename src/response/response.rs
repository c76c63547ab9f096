use super::Result;
use super::late_etag::LateTag;
use super::responder::PendingResponse;
use crate::body::Body;
use crate::error::{Error, StreamError};
use http::{Extensions, HeaderMap, StatusCode};
use std::fmt;
use std::task::{Context, Poll, ready};

/// A response that a handler has sent.
///
/// Only the sending methods of [`ApiResponse`](crate::ApiResponse) create one, so that a handler that forgets to
/// respond does not compile.
///
/// A wrapper gets it from [`Next::run`](crate::Next::run), and can edit its head before it is sent. A response is
/// *pending* if the handler has [detached](crate::ApiResponse::detach) it and another task sends it later. Edits
/// then apply to the response of that task: headers replace those of the same name, and a status replaces the
/// status.
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
    /// The response or, while it is pending, the edits that apply to it later.
    inner: Box<http::Response<Body>>,
    waits: Waits,
    /// Whether the headers may have a `Content-Length` that the handler has set.
    has_length: bool,
}

/// What a response waits for before its head can be sent.
enum Waits {
    No,
    ForFirstWrite,
    ForTag(Box<LateTag>),
    ForAnotherTask { pending: PendingResponse, status: Option<StatusCode> },
}

impl Response {
    pub(crate) fn ready(response: impl Into<Box<http::Response<Body>>>) -> Self {
        Self { inner: response.into(), waits: Waits::No, has_length: true }
    }

    /// Creates a response whose headers have no `Content-Length`.
    pub(super) fn without_length(response: Box<http::Response<Body>>) -> Self {
        Self { has_length: false, ..Self::ready(response) }
    }

    pub(super) fn stream(response: Box<http::Response<Body>>) -> Self {
        Self { inner: response, waits: Waits::ForFirstWrite, has_length: true }
    }

    pub(super) fn with_late_tag(response: Box<http::Response<Body>>, tag: LateTag) -> Self {
        Self { inner: response, waits: Waits::ForTag(Box::new(tag)), has_length: true }
    }

    pub(super) fn pending(pending: PendingResponse) -> Self {
        let waits = Waits::ForAnotherTask { pending, status: None };
        Self { inner: Box::default(), waits, has_length: true }
    }

    /// Returns the status, or `None` while the response is pending.
    pub fn status(&self) -> Option<StatusCode> {
        match &self.waits {
            Waits::ForAnotherTask { .. } => None,
            _ => Some(self.inner.status()),
        }
    }

    /// Sets the status, also that of a pending response.
    pub fn set_status(&mut self, status: StatusCode) {
        match &mut self.waits {
            Waits::ForAnotherTask { status: set, .. } => *set = Some(status),
            _ => *self.inner.status_mut() = status,
        }
    }

    /// Returns the headers. For a pending response these are only the headers that were set by
    /// [`headers_mut`](Self::headers_mut).
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }

    /// Returns the headers for editing. Those of a pending response replace the headers of the same name in the
    /// response of the other task.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        // The caller may insert a `Content-Length`, which has to be checked.
        self.has_length = true;
        self.inner.headers_mut()
    }

    /// Returns the extensions, which the layers around the route receive.
    pub fn extensions(&self) -> &Extensions {
        self.inner.extensions()
    }

    /// Returns the extensions for editing. The layers around the route receive them.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.inner.extensions_mut()
    }

    /// Waits until the response's head is complete: until the other task has responded, or a stream has written for
    /// the first time.
    ///
    /// Use it in unit tests of handlers and in other places without a router, which resolves its responses itself.
    ///
    /// # Errors
    ///
    /// Returns an error if the other task fails or does not respond, or if the stream fails before its first write.
    pub async fn resolve(mut self) -> Result<http::Response<Body>> {
        std::future::poll_fn(|cx| self.poll_resolve(cx)).await?;
        Ok(*self.inner)
    }

    /// Returns whether another task has yet to respond.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.waits, Waits::ForAnotherTask { .. })
    }

    /// Returns whether the handler may have set a `Content-Length`.
    pub(crate) fn has_length(&self) -> bool {
        self.has_length
    }

    /// Returns whether the head can be sent at once.
    pub(crate) fn is_ready(&self) -> bool {
        matches!(self.waits, Waits::No)
    }

    /// Returns the response, once it is ready.
    pub(crate) fn inner_mut(&mut self) -> &mut http::Response<Body> {
        &mut self.inner
    }

    pub(crate) fn into_inner(self) -> http::Response<Body> {
        *self.inner
    }

    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::ready(http::Response::default()))
    }

    /// Polls until the head can be sent.
    pub(crate) fn poll_resolve(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            match &mut self.waits {
                Waits::No => return Poll::Ready(Ok(())),
                Waits::ForFirstWrite => {
                    ready!(self.inner.body_mut().poll_peek(cx)).map_err(StreamError::unwrap)?;
                    self.waits = Waits::No;
                }
                Waits::ForTag(_) => ready!(self.poll_tag(cx)),
                Waits::ForAnotherTask { pending, status } => {
                    let (mut response, status) = (ready!(pending.poll(cx))?, *status);
                    response.apply(std::mem::take(&mut *self.inner), status);
                    *self = response;
                }
            }
        }
    }

    /// Polls until the head has its ETag, unless the response is pending.
    pub(crate) fn poll_tag(&mut self, cx: &Context<'_>) -> Poll<()> {
        if let Waits::ForTag(tag) = &mut self.waits {
            ready!(tag.poll(&mut self.inner, cx));
            self.waits = Waits::No;
        }
        Poll::Ready(())
    }

    /// Computes the ETag at once if the head waits for nothing else, and returns whether it does.
    pub(crate) fn finish_tag(&mut self) -> bool {
        let Waits::ForTag(tag) = &mut self.waits else { return false };
        tag.finish(&mut self.inner);
        self.waits = Waits::No;
        true
    }

    /// Applies the edits that were made while the response was pending.
    fn apply(&mut self, edits: http::Response<Body>, status: Option<StatusCode>) {
        let (parts, _) = edits.into_parts();
        if !parts.headers.is_empty() {
            // `extend` replaces all values of a name with the new ones.
            self.headers_mut().extend(parts.headers);
        }
        self.inner.extensions_mut().extend(parts.extensions);
        if let Some(status) = status {
            self.set_status(status);
        }
    }
}

/// Converts the response as it is. A pending one becomes a 500; wait for it with [`resolve`](Response::resolve)
/// first.
impl From<Response> for http::Response<Body> {
    fn from(mut response: Response) -> Self {
        if response.is_pending() {
            return Error::internal("the response is pending: wait for it with `resolve`").into_response();
        }
        response.finish_tag();
        *response.inner
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
