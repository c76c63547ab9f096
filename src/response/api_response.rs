use crate::context::RequestHead;
#[cfg(any(feature = "draft", feature = "revalidate"))]
use crate::context::Settings;
use crate::error::Error;
use crate::error::{IntoHeaderValue, header_name};
use crate::text::latin1;
use crate::text::percent::COMPONENT;
use cookie::Cookie;
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use hyper::ext::ReasonPhrase;
use percent_encoding::utf8_percent_encode;
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
    /// `write_head` was called: the head is the handler's, and gets no type and no ETag when the body is sent.
    pub(super) head_written: bool,
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

/// Tells whether a typed response takes a value: `ApiResponse<T>` takes a `T`, a bare `ApiResponse` anything.
///
/// This trait is sealed.
pub trait Accepts<V: ?Sized>: sealed::Sealed<V> {}

mod sealed {
    pub trait Sealed<V: ?Sized> {}
}

impl<V: Serialize + ?Sized> sealed::Sealed<V> for Anything {}
impl<T: Serialize + ?Sized> sealed::Sealed<T> for T {}
impl<V: Serialize + ?Sized> Accepts<V> for Anything {}
impl<T: Serialize + ?Sized> Accepts<T> for T {}

impl<T: ?Sized> ApiResponse<T> {
    pub(crate) fn new(request: Arc<RequestHead>) -> Self {
        Self {
            head: http::Response::new(()),
            head_written: false,
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

    /// Sets the text after the status, the reason phrase: `res.statusMessage` in Node. Over HTTP/2, which has none, it is dropped.
    /// Default, also for an empty text: the status's own.
    ///
    /// A text that a header cannot carry makes the response a 500.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// // HTTP/1.1 404 No such post
    /// async fn show(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.status(404).status_message("No such post").end()
    /// }
    /// ```
    ///
    /// Source: [`response.statusMessage`](https://nodejs.org/api/http.html#responsestatusmessage).
    pub fn status_message(mut self, message: &str) -> Self {
        let reason = latin1::encode(message).and_then(|text| ReasonPhrase::try_from(text.as_bytes()).ok());
        match reason {
            Some(_) if message.is_empty() => {
                self.head.extensions_mut().remove::<ReasonPhrase>();
            }
            Some(reason) => {
                self.head.extensions_mut().insert(reason);
            }
            None => self.fail_later(Error::internal(format!(
                "the status message {message:?} is not a header's text"
            ))),
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
    /// The value is encoded as JavaScript's `encodeURIComponent` does it, which is what the npm package `cookie` writes: all but
    /// letters, digits and `-_.!~*'()` become percent escapes. [`ApiRequest::cookies`](crate::ApiRequest::cookies) decodes them.
    /// The name and the attributes go out as they are. For a cookie in another encoding, append the header `Set-Cookie`.
    ///
    /// A name that is not a token, and a `;` in the path or the domain, make the response a 500.
    ///
    /// Its lifetime is a `Duration` of the crate `time`, re-exported as `cookie::time`.
    ///
    /// ```
    /// use tower_api_routes::cookie::time::Duration;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Cookie, Result};
    ///
    /// async fn login(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let session = Cookie::build(("session", "s3cret")).path("/").http_only(true).secure(true);
    ///     let session = session.max_age(Duration::days(30));
    ///     res.cookie(session).cookie(("theme", "dark")).end()
    /// }
    /// ```
    pub fn cookie<'c>(mut self, cookie: impl Into<Cookie<'c>>) -> Self {
        let mut cookie = cookie.into();
        let value = utf8_percent_encode(cookie.value(), COMPONENT).to_string();
        cookie.set_value(value);
        // What else could break the header, or add an attribute, is refused.
        let is_name = HeaderName::from_bytes(cookie.name().as_bytes()).is_ok(); // a token, too
        let is_attribute = |text: Option<&str>| !text.is_some_and(|text| text.contains(';'));
        match cookie.to_string().into_header_value() {
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

    /// Sets the status and headers, and leaves the head as it is then: [`json`](Self::json) and [`send`](Self::send) add no
    /// `Content-Type` and no `ETag`, as in Node, where this sends the head. Headers that you set afterwards still count.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn problem(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.write_head(404, [("content-type", "application/problem+json")]).json(&[("title", "No such post")])
    /// }
    /// ```
    ///
    /// Source: [`response.writeHead`](https://nodejs.org/api/http.html#responsewriteheadstatuscode-statusmessage-headers).
    pub fn write_head<K, V>(
        self,
        status: impl TryInto<StatusCode>,
        headers: impl IntoIterator<Item = (K, V)>,
    ) -> Self
    where
        K: TryInto<HeaderName, Error: Into<http::Error>>,
        V: IntoHeaderValue,
    {
        let res = Self { head_written: true, ..self.status(status) };
        headers.into_iter().fold(res, |res, (name, value)| res.set_header(name, value))
    }

    /// The same response for another type of answer.
    pub fn typed<U: ?Sized>(self) -> ApiResponse<U> {
        ApiResponse {
            head: self.head,
            head_written: self.head_written,
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
