use super::Result;
use crate::body::Body;
use crate::context::RequestHead;
#[cfg(any(feature = "draft", feature = "revalidate", feature = "session"))]
use crate::context::Settings;
use crate::error::Error;
use crate::error::{IntoHeaderValue, header_name};
use crate::text::latin1;
use http::header::{CONTENT_LENGTH, SET_COOKIE};
use http::{Extensions, HeaderMap, HeaderName, StatusCode};
use hyper::ext::ReasonPhrase;
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
/// A status, a header or a cookie that cannot be sent makes the response a 500, and the reason is logged. As an exception
/// would in JavaScript, it ends the building of the response: what is set afterwards has no effect. The headers that were
/// set before are sent, but no cookie.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Result};
///
/// async fn teapot(_req: ApiRequest, res: ApiResponse) -> Result {
///     res.status(418).set_header("x-pot", "short and stout").send("I'm a teapot")
/// }
/// ```
pub struct ApiResponse<T: ?Sized = Anything> {
    /// The status and the headers that are set so far. It is in the box that the response keeps until it is sent.
    pub(super) head: Box<http::Response<Body>>,
    /// `write_head` was called, so sending the body adds no `Content-Type` and no `ETag`.
    pub(super) head_written: bool,
    /// The first error, which is returned when the response is sent, with the headers that were set before.
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
            head: Box::default(),
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
    pub fn status(self, status: impl TryInto<StatusCode>) -> Self {
        self.edit(|head| {
            *head.status_mut() = final_status(status)?;
            Ok(())
        })
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
    pub fn status_message(self, message: &str) -> Self {
        self.edit(|head| {
            let reason =
                latin1::encode(message).and_then(|text| ReasonPhrase::try_from(text.as_bytes()).ok());
            match reason {
                Some(_) if message.is_empty() => {
                    head.extensions_mut().remove::<ReasonPhrase>();
                }
                Some(reason) => {
                    head.extensions_mut().insert(reason);
                }
                None => {
                    return Err(Error::internal(format!(
                        "the status message {message:?} has a character that is not allowed in it"
                    )));
                }
            }
            Ok(())
        })
    }

    /// Sets a header, replacing any of the same name.
    ///
    /// A name or a value that HTTP does not allow makes the response a 500, and the reason is logged.
    pub fn set_header(
        self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        self.edit(|head| {
            head.headers_mut().insert(header_name(name)?, value.into_header_value()?);
            Ok(())
        })
    }

    /// Adds a header, keeping any of the same name.
    pub fn append_header(
        self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        self.edit(|head| {
            head.headers_mut().append(header_name(name)?, value.into_header_value()?);
            Ok(())
        })
    }

    /// Removes a header.
    pub fn remove_header(self, name: &str) -> Self {
        self.edit(|head| {
            head.headers_mut().remove(name);
            Ok(())
        })
    }

    /// Returns the headers that are set so far.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// Returns the headers for editing. After an error the edits have no effect.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        self.head.headers_mut()
    }

    /// Returns the extensions of the response for editing. The layers around the route receive them.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.head.extensions_mut()
    }

    /// Sets the status and headers, and keeps [`json`](Self::json) and [`send`](Self::send) from adding a
    /// `Content-Type` or an `ETag`.
    ///
    /// The headers replace those of the same name that were set before. A name that occurs twice is sent twice.
    ///
    /// In Node this method sends the head. Here, headers that you set afterwards still take effect.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn problem(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.write_head(404, [("content-type", "application/problem+json")]).json(&[("title", "No such post")])
    /// }
    /// async fn two_cookies(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.write_head(200, [("set-cookie", "a=1"), ("set-cookie", "b=2")]).end()
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
        let res = Self { head_written: true, ..self };
        res.edit(|head| {
            *head.status_mut() = final_status(status)?;
            let mut written = HeaderMap::new();
            for (name, value) in headers {
                written.append(header_name(name)?, value.into_header_value()?);
            }
            head.headers_mut().extend(written); // replaces what has the same name
            Ok(())
        })
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

    /// Edits the head. Every method that sets something does so in here: after the first error none of them does
    /// anything, because in JavaScript the first one would have thrown.
    pub(super) fn edit(mut self, edit: impl FnOnce(&mut http::Response<Body>) -> Result<()>) -> Self {
        if self.problem.is_none() {
            if let Err(error) = edit(&mut self.head) {
                self.fail_later(error);
            }
        }
        self
    }

    #[cfg(any(feature = "draft", feature = "revalidate", feature = "session"))]
    pub(super) fn settings(&self) -> &Settings {
        &self.request.context.settings
    }

    /// Returns the first error, if there is one.
    pub(crate) fn check(self) -> Result<Self> {
        match self.problem {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// Records an error, which is returned when the response is sent, unless there is an earlier one.
    ///
    /// It gets the headers that are set at this moment, as in Next.js. A cookie of a handler that has failed, such as
    /// that of a session or of draft mode, is not sent.
    pub(super) fn fail_later(&mut self, error: Error) {
        if self.problem.is_none() {
            let mut headers = self.head.headers().clone();
            headers.remove(SET_COOKIE);
            self.problem = Some(with_headers(error, headers));
        }
    }
}

/// Adds the headers of a response to an error. The length is that of another body.
pub(super) fn with_headers(mut error: Error, mut headers: HeaderMap) -> Error {
    headers.remove(CONTENT_LENGTH);
    let mut name = None;
    for (next, value) in headers {
        name = next.or(name);
        if let Some(name) = &name {
            error.headers_mut().append(name, value);
        }
    }
    error
}

fn final_status(status: impl TryInto<StatusCode>) -> Result<StatusCode> {
    let status = status.try_into().ok().filter(|status| !status.is_informational());
    status.ok_or_else(|| Error::internal("the status is not a number from 200 to 999"))
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
