use crate::context::RequestHead;
#[cfg(any(feature = "draft", feature = "revalidate"))]
use crate::context::Settings;
use crate::error::Error;
use crate::error::{IntoHeaderValue, header_name};
use cookie::Cookie;
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// The answer as a handler makes it: Next.js's `res`.
///
/// Each method takes the response and gives it back, until one of them sends it: [`json`](Self::json),
/// [`send`](Self::send), [`redirect`](Self::redirect), [`end`](Self::end), [`stream`](Self::stream),
/// [`sse`](Self::sse) or [`detach`](Self::detach). So a handler cannot forget to answer, and cannot answer twice.
///
/// `ApiResponse<T>` lets `json` take a `T` only, as `NextApiResponse<T>` does; a bare `ApiResponse` takes anything that
/// serialises.
///
/// A status, a header or a cookie that cannot be sent makes the answer a 500, and the reason is logged.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Result};
///
/// async fn teapot(_req: ApiRequest, res: ApiResponse) -> Result {
///     res.status(418).set_header("x-pot", "short and stout").send("I'm a teapot")
/// }
/// ```
pub struct ApiResponse<T: ?Sized = Anything> {
    /// Status and headers so far.
    pub(super) head: http::Response<()>,
    /// The first thing that went wrong; told when the answer is sent.
    pub(super) problem: Option<Error>,
    /// The request's: whether the client has this answer already is asked when it is there.
    pub(super) request: Arc<RequestHead>,
    /// Next.js clears the cookies of a preview once for a response.
    #[cfg(feature = "draft")]
    pub(super) preview_cleared: bool,
    answer: PhantomData<fn(&T)>,
}

/// What a bare [`ApiResponse`] answers with: anything that serialises.
#[derive(Debug)]
pub enum Anything {}

/// Whether a typed response takes a value: `ApiResponse<T>` takes a `T`, a bare `ApiResponse` anything.
pub trait Accepts<V: ?Sized> {}

impl<V: Serialize + ?Sized> Accepts<V> for Anything {}
impl<T: Serialize + ?Sized> Accepts<T> for T {}

impl<T: ?Sized> ApiResponse<T> {
    pub(crate) fn new(request: Arc<RequestHead>) -> Self {
        Self {
            head: http::Response::new(()),
            problem: None,
            request,
            #[cfg(feature = "draft")]
            preview_cleared: false,
            answer: PhantomData,
        }
    }

    /// Sets the status. Default: 200.
    pub fn status(mut self, status: impl TryInto<StatusCode>) -> Self {
        match status.try_into() {
            Ok(status) if !status.is_informational() => *self.head.status_mut() = status,
            _ => self.fail_later(Error::internal("the status is not a number from 200 to 999")),
        }
        self
    }

    /// Sets a header, in the place of any of the same name.
    pub fn set_header(
        self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        self.with_header(name, value, |headers, name, value| {
            headers.insert(name, value);
        })
    }

    /// Adds a header beside any of the same name.
    pub fn append_header(
        self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        self.with_header(name, value, |headers, name, value| {
            headers.append(name, value);
        })
    }

    /// Takes a header out.
    pub fn remove_header(mut self, name: &str) -> Self {
        self.headers_mut().remove(name);
        self
    }

    /// The headers so far.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// The headers so far, to change.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.head.headers_mut()
    }

    /// Returns the extensions of the response, to edit. They reach the layers around the route.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.head.extensions_mut()
    }

    /// Adds a cookie: a [`Cookie`], or a name and a value.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Cookie, Result};
    ///
    /// async fn login(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let session = Cookie::build(("session", "s3cret")).path("/").http_only(true).secure(true);
    ///     res.cookie(session).cookie(("theme", "dark")).end()
    /// }
    /// ```
    pub fn cookie<'c>(mut self, cookie: impl Into<Cookie<'c>>) -> Self {
        let cookie = cookie.into();
        // The value is percent-encoded, as npm's `cookie` does; what else could break the header, or add an attribute, is
        // refused.
        let is_name = !cookie.name().is_empty() && !cookie.name().contains(['=', ';', ' ', ',']);
        let is_attribute = |text: Option<&str>| !text.is_some_and(|text| text.contains(';'));
        match cookie.encoded().to_string().into_header_value() {
            Ok(_) if !is_name => self
                .fail_later(Error::internal(format!("the cookie name {:?} is not a token", cookie.name()))),
            Ok(_) if !is_attribute(cookie.path()) || !is_attribute(cookie.domain()) => {
                self.fail_later(Error::internal(format!(
                    "the cookie {:?} has a `;` in its path or domain",
                    cookie.name()
                )));
            }
            Ok(value) => {
                self.headers_mut().append(SET_COOKIE, value);
            }
            Err(error) => self.fail_later(error),
        }
        self
    }

    /// Sets the status and headers, before [`stream`](Self::stream) or [`end`](Self::end).
    pub fn write_head<K, V>(
        self,
        status: impl TryInto<StatusCode>,
        headers: impl IntoIterator<Item = (K, V)>,
    ) -> Self
    where
        K: TryInto<HeaderName, Error: Into<http::Error>>,
        V: IntoHeaderValue,
    {
        headers.into_iter().fold(self.status(status), |res, (name, value)| res.set_header(name, value))
    }

    /// The same response for another type of answer.
    pub fn typed<U: ?Sized>(self) -> ApiResponse<U> {
        ApiResponse {
            head: self.head,
            problem: self.problem,
            request: self.request,
            #[cfg(feature = "draft")]
            preview_cleared: self.preview_cleared,
            answer: PhantomData,
        }
    }

    fn with_header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
        put: impl FnOnce(&mut HeaderMap, HeaderName, HeaderValue),
    ) -> Self {
        if self.problem.is_some() {
            return self; // in JavaScript the handler would have stopped there
        }
        match (header_name(name), value.into_header_value()) {
            (Ok(name), Ok(value)) => put(self.headers_mut(), name, value),
            (Err(error), _) | (_, Err(error)) => self.fail_later(error),
        }
        self
    }

    #[cfg(any(feature = "draft", feature = "revalidate"))]
    pub(super) fn settings(&self) -> &Settings {
        &self.request.context.settings
    }

    pub(super) fn fail_later(&mut self, error: Error) {
        self.problem.get_or_insert(error);
    }
}

impl<T: ?Sized> fmt::Debug for ApiResponse<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiResponse")
            .field("status", &self.head.status())
            .field("headers", self.headers())
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}
