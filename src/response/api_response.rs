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

/// The response that a handler builds, as `res` is in Next.js.
///
/// Each method takes the response and returns it, until one of these methods sends it: [`json`](Self::json),
/// [`send`](Self::send), [`redirect`](Self::redirect), [`end`](Self::end), [`stream`](Self::stream),
/// [`sse`](Self::sse) or [`detach`](Self::detach). A handler therefore cannot forget to respond, nor respond twice.
///
/// The `json` method of an `ApiResponse<T>` takes a `T` only, as that of `NextApiResponse<T>` does. A bare
/// `ApiResponse` takes any serializable value.
///
/// A status, a header or a cookie that cannot be sent makes the response a 500, and the reason is logged.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Result};
///
/// async fn teapot(_req: ApiRequest, res: ApiResponse) -> Result {
///     res.status(418).set_header("x-pot", "short and stout").send("I'm a teapot")
/// }
/// ```
pub struct ApiResponse<T: ?Sized = Anything> {
    /// The status and the headers that are set so far.
    pub(super) head: Box<http::Response<crate::body::Body>>,
    /// `write_head` was called, so sending the body adds no `Content-Type` and no `ETag`.
    pub(super) head_written: bool,
    /// The first error, which is returned when the response is sent.
    pub(super) problem: Option<Error>,
    /// The request's head, for `If-None-Match` and for the log.
    pub(super) request: Arc<RequestHead>,
    /// As in Next.js, preview cookies are cleared once for each response.
    #[cfg(feature = "draft")]
    pub(super) preview_cleared: bool,
    body: PhantomData<fn(&T)>,
}

/// The type parameter of a bare [`ApiResponse`], which takes any serializable value.
#[derive(Debug)]
pub enum Anything {}

/// Determines the values that a response takes: `ApiResponse<T>` takes a `T`, a bare `ApiResponse` any serializable
/// value.
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
            head: Box::new(http::Response::new(crate::body::Body::empty())),
            head_written: false,
            problem: None,
            request,
            #[cfg(feature = "draft")]
            preview_cleared: false,
            body: PhantomData,
        }
    }

    /// Sets the status. Default: 200.
    ///
    /// Accepts a number or a [`StatusCode`], from 200 to 999.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn create(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.status(201).end() // or `StatusCode::CREATED`
    /// }
    /// ```
    pub fn status(mut self, status: impl TryInto<StatusCode>) -> Self {
        match status.try_into() {
            Ok(status) if !status.is_informational() => *self.head.status_mut() = status,
            _ => self.fail_later(Error::internal("the status is not a number from 200 to 999")),
        }
        self
    }

    /// Sets the reason phrase, the text after the status, as `res.statusMessage` does in Node.
    ///
    /// Default, also for an empty text: the reason phrase of the status. HTTP/2 has no reason phrase and drops it.
    ///
    /// A text with a character that HTTP does not allow there makes the response a 500.
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
                "the status message {message:?} has a character that is not allowed in it"
            ))),
        }
        self
    }

    /// Sets a header, replacing any of the same name.
    ///
    /// A name or a value that HTTP does not allow makes the response a 500, and the reason is logged.
    pub fn set_header(
        self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        self.with_header(name, value, |headers, name, value| {
            headers.insert(name, value);
        })
    }

    /// Adds a header, keeping any of the same name.
    pub fn append_header(
        self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        self.with_header(name, value, |headers, name, value| {
            headers.append(name, value);
        })
    }

    /// Removes a header.
    pub fn remove_header(mut self, name: &str) -> Self {
        self.headers_mut().remove(name);
        self
    }

    /// Returns the headers that are set so far.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// Returns the headers for editing.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.head.headers_mut()
    }

    /// Returns the extensions of the response for editing. The layers around the route receive them.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.head.extensions_mut()
    }

    /// Adds a cookie: a [`Cookie`], or a name and a value.
    ///
    /// As in the npm package `cookie`, the value is encoded by JavaScript's `encodeURIComponent`: all characters
    /// but letters, digits and `-_.!~*'()` become percent escapes.
    /// [`ApiRequest::cookies`](crate::ApiRequest::cookies) decodes them. The name and the attributes are sent
    /// unchanged. For a cookie in another encoding, append a `Set-Cookie` header.
    ///
    /// A name that is not a token, or a `;` in the path or the domain, makes the response a 500.
    ///
    /// The lifetime of a cookie is a `Duration` of the crate `time`, which is re-exported as `cookie::time`.
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
        // A name or an attribute that could break the header, or add an attribute, is rejected.
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

    /// Sets the status and headers, and keeps [`json`](Self::json) and [`send`](Self::send) from adding a
    /// `Content-Type` or an `ETag`.
    ///
    /// In Node this method sends the head. Here, headers that you set afterwards still take effect.
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

    /// Consumes `self`, returning the same response for a body of another type.
    pub fn typed<U: ?Sized>(self) -> ApiResponse<U> {
        ApiResponse {
            head: self.head,
            head_written: self.head_written,
            problem: self.problem,
            request: self.request,
            #[cfg(feature = "draft")]
            preview_cleared: self.preview_cleared,
            body: PhantomData,
        }
    }

    fn with_header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
        put: impl FnOnce(&mut HeaderMap, HeaderName, HeaderValue),
    ) -> Self {
        if self.problem.is_some() {
            return self; // JavaScript would have thrown at the first error
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
