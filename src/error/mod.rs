mod context;
mod header;
mod or_status;
mod response;
mod sources;
mod stream;

pub use context::ErrorContext;
pub use header::IntoHeaderValue;
pub(crate) use header::header_name;
pub use or_status::OrStatus;
pub(crate) use response::ErrorResponse;
#[cfg(any(test, feature = "revalidate"))]
pub(crate) use sources::Chain;
pub(crate) use stream::StreamError;

use crate::body::{Body, BoxError, RequestBodyFailure};
use crate::json;
use bytes::Bytes;
use http::header::CONNECTION;
use http::{HeaderMap, HeaderName, StatusCode};
use hyper::ext::ReasonPhrase;
use serde::Serialize;
use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The error of a handler, and the response to it.
///
/// `?` converts whatever converts into a [`BoxError`]: every [`std::error::Error`], a boxed one, `anyhow::Error`,
/// `eyre::Report`, `&str` and `String`. The response is then 500 `Internal Server Error`. The message and the sources
/// of the error are logged, and never sent to the client. [`or_status`](OrStatus::or_status) chooses another status.
/// [`Error::new`] and [`Error::json`] create errors whose text is for the client.
///
/// If the request's own body breaks off, the error is a 413 or a 400; see [`BodyError`](crate::BodyError).
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Error, OrStatus as _, Result};
///
/// async fn show(req: ApiRequest, res: ApiResponse) -> Result {
///     let id = req.query().get("id").or_status(400)?; // missing: 400 `Bad Request`
///     let id: u64 = id.parse().or_status(400)?; // not a number: 400, and the cause is logged
///     let file = std::fs::read_to_string("posts.json")?; // 500, and the cause is logged
///     if id == 0 {
///         return Err(Error::new(404, "no such post"));
///     }
///     if file.is_empty() {
///         return Err("the file is empty".into()); // 500, and the text is logged
///     }
///     res.json(&id)
/// }
/// ```
///
/// As with `anyhow::Error`, this type does not implement `std::error::Error`, and does not convert into a
/// [`BoxError`]. If it did, `?` could not convert every other error.
///
/// # Errors of your own
///
/// An enum that does not implement `std::error::Error` has its statuses in an `impl From<AppError> for Error`. One that
/// does, for example by `thiserror`, converts as every other error does, so that such an `impl` is rejected (E0119).
///
/// Guide: [errors](crate::guide::errors).
pub struct Error(Box<Repr>);

struct Repr {
    kind: Kind,
    headers: HeaderMap,
    /// Logged, and never sent to the client.
    source: Option<BoxError>,
    /// The response that a layer has created from this error, as outer layers have changed it. Its headers are in
    /// `headers`.
    response: Option<Box<http::Response<Body>>>,
    /// Whether a `map_error` has been given this error.
    given: bool,
    /// Whether a `map_error_of` may choose another status: nobody has chosen this one.
    open: bool,
}

#[derive(Clone)]
enum Kind {
    Internal,
    Response { status: StatusCode, body: Bytes, json: bool, reason: Option<ReasonPhrase> },
}

impl Error {
    /// Creates an error whose response has this status, and this text as its body.
    ///
    /// A status that is not between 200 and 999 makes it a 500.
    ///
    /// ```
    /// use tower_api_routes::Error;
    ///
    /// let error = Error::new(404, "no such post");
    /// assert_eq!(error.status(), 404);
    /// assert_eq!(error.message(), Some("no such post"));
    /// ```
    pub fn new(status: impl TryInto<StatusCode>, message: impl Into<Cow<'static, str>>) -> Self {
        let body = match message.into() {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => Bytes::from(text),
        };
        Self::for_client(status, body, false)
    }

    /// Creates an error whose response has this status, and this value as its JSON body.
    ///
    /// A value that cannot be serialized makes it a 500.
    ///
    /// ```
    /// use tower_api_routes::Error;
    ///
    /// let error = Error::json(409, &serde_json::json!({ "code": "taken" }));
    /// assert_eq!(error.status(), 409);
    /// ```
    pub fn json<T: Serialize + ?Sized>(status: impl TryInto<StatusCode>, value: &T) -> Self {
        match json::to_bytes(value) {
            Ok(body) => Self::for_client(status, body, true),
            Err(error) => Self::from(error),
        }
    }

    /// Creates an error from a boxed one, as `?` does.
    pub(crate) fn from_boxed(source: BoxError) -> Self {
        let error = match RequestBodyFailure::find(&*source) {
            None => return Self::from_kind(Kind::Internal).caused_by(source),
            Some(RequestBodyFailure::TooLarge(None)) => {
                Self::rejection(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large".into())
            }
            Some(RequestBodyFailure::TooLarge(Some(limit))) => {
                let error = Self::rejection(StatusCode::PAYLOAD_TOO_LARGE, limit.to_string());
                if limit.closes { error.append_header(CONNECTION, "close") } else { error }
            }
            Some(RequestBodyFailure::BrokeOff) => {
                Self::rejection(StatusCode::BAD_REQUEST, "Invalid body".into())
            }
        };
        error.with_source(source)
    }

    /// Appends a header to the response. Headers of the same name are kept.
    ///
    /// An invalid name or value makes the error a 500, and the reason is logged.
    ///
    /// ```
    /// use tower_api_routes::Error;
    ///
    /// let error = Error::new(503, "try again later").append_header("retry-after", 120);
    /// assert_eq!(error.status(), 503);
    /// ```
    pub fn append_header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        match (header_name(name), value.into_header_value()) {
            (Ok(name), Ok(value)) => {
                self.0.headers.append(name, value);
                self
            }
            (Err(mut error), _) | (_, Err(mut error)) => {
                error.0.headers = self.0.headers;
                error
            }
        }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        match &self.0.kind {
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Response { status, .. } => *status,
        }
    }

    /// Returns the text that is sent to the client: that of [`new`](Self::new), that of the body parser, such as
    /// `Body exceeded 1mb limit`, or `Internal Server Error` for an error whose own message is only logged. `None` for a
    /// JSON body.
    ///
    /// For example, to send every error of a router in one JSON format, including those of the body parser, and leave
    /// those alone that are JSON already:
    ///
    /// ```
    /// use tower_api_routes::{ApiRouter, Error};
    ///
    /// let api = ApiRouter::new().map_error(|error, _request| match error.message() {
    ///     Some(message) => Error::json(error.status(), &serde_json::json!({ "error": message })),
    ///     None => error,
    /// });
    /// ```
    pub fn message(&self) -> Option<&str> {
        match &self.0.kind {
            Kind::Response { body, json: false, .. } => std::str::from_utf8(body).ok(),
            Kind::Response { .. } => None,
            Kind::Internal => Some("Internal Server Error"),
        }
    }

    /// Returns the headers of the response.
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Returns the headers of the response for editing.
    ///
    /// ```
    /// use tower_api_routes::{Error, http};
    ///
    /// let mut error = Error::new(503, "try again later");
    /// error.headers_mut().insert(http::header::RETRY_AFTER, 120.into());
    /// ```
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.0.headers
    }

    /// Creates an error of the body parser. As in Next.js, its message is also the reason phrase.
    pub(crate) fn rejection(status: StatusCode, message: String) -> Self {
        let mut error = Self::new(status, message);
        if let Kind::Response { body, reason, .. } = &mut error.0.kind {
            *reason = ReasonPhrase::try_from(body.clone()).ok();
        }
        error
    }

    pub(crate) fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::from_boxed(message.into().into())
    }

    fn for_client(status: impl TryInto<StatusCode>, body: Bytes, json: bool) -> Self {
        match status.try_into() {
            Ok(status) if !status.is_informational() => {
                Self::from_kind(Kind::Response { status, body, json, reason: None })
            }
            _ => Self::internal("an error was created with a status that is not between 200 and 999"),
        }
    }

    fn from_kind(kind: Kind) -> Self {
        Self(Box::new(Repr {
            kind,
            headers: HeaderMap::new(),
            source: None,
            response: None,
            given: false,
            open: false,
        }))
    }
}

/// Converts every [`std::error::Error`], a boxed one, `anyhow::Error`, `&str` and `String`.
impl<E: Into<BoxError>> From<E> for Error {
    fn from(source: E) -> Self {
        Self::from_boxed(source.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.kind, &self.0.source) {
            (Kind::Internal, Some(source)) => source.fmt(f),
            (Kind::Internal, None) => f.write_str("Internal Server Error"),
            (Kind::Response { status, body, .. }, _) => {
                write!(f, "{status}: {}", String::from_utf8_lossy(body))
            }
        }
    }
}

/// Runs the user's code, and turns a panic into an error.
pub(crate) fn caught<T>(run: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| panicked(&*panic))
}

/// Returns the error of a handler that panicked.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text");
    Error::internal(format!("the handler panicked: {message}"))
}

#[cfg(test)]
mod tests;
