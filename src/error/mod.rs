mod context;
mod header;
mod sources;

pub use context::ErrorContext;
pub use header::IntoHeaderValue;
pub(crate) use header::header_name;
pub(crate) use sources::Chain;

use crate::body::{Body, BoxError};
use crate::json;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use hyper::ext::ReasonPhrase;
use serde::Serialize;
use std::any::Any;
use std::borrow::Cow;
use std::fmt;

/// Why a handler did not answer, and what the client is told.
///
/// Any sized [`std::error::Error`] turns into one through `?`. It answers 500 `Internal Server Error`; its message and
/// its sources go to the log, never to the client. [`Error::new`] and [`Error::json`] are for the client.
///
/// As with `anyhow::Error`, this type does not implement `std::error::Error` itself: that is what lets `?` take any error.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};
///
/// async fn show(req: ApiRequest, res: ApiResponse) -> Result {
///     let id = req.query().get("id").ok_or_else(|| Error::new(400, "id is missing"))?;
///     let id: u64 = id.parse()?; // not a number: 500, logged
///     res.json(&id)
/// }
/// ```
pub struct Error(Box<Repr>);

struct Repr {
    kind: Kind,
    headers: HeaderMap,
}

enum Kind {
    /// For the log, never for the client.
    Internal(BoxError),
    Response {
        status: StatusCode,
        body: Bytes,
        json: bool,
        reason: Option<ReasonPhrase>,
    },
}

impl Error {
    /// An answer with this status and this text as its body.
    ///
    /// A status that does not exist, or is not final (below 200), makes it a 500.
    pub fn new(status: impl TryInto<StatusCode>, message: impl Into<Cow<'static, str>>) -> Self {
        let body = match message.into() {
            Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
            Cow::Owned(text) => Bytes::from(text),
        };
        Self::for_client(status, body, false)
    }

    /// An answer with this status and this value as its JSON body.
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

    /// An error that is boxed already, such as `anyhow::Error` (`Error::from_boxed(error.into())`): a 500.
    pub fn from_boxed(source: BoxError) -> Self {
        Self::from_kind(Kind::Internal(source))
    }

    /// Adds a header to the answer, `Retry-After` or `WWW-Authenticate` for example.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.append(name, value);
        self
    }

    /// The status that the client will see.
    pub fn status(&self) -> StatusCode {
        match &self.0.kind {
            Kind::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Response { status, .. } => *status,
        }
    }

    /// The text that the client will see: `Body exceeded 1mb limit`, or what [`new`](Self::new) was given. None for an error
    /// whose message is the log's business, and for one in JSON.
    ///
    /// For an envelope around every error of the router, those of the body parser included:
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
            Kind::Response { .. } | Kind::Internal(_) => None,
        }
    }

    /// The error that `?` took in, if it is of this type.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.source().and_then(|source| source.downcast_ref())
    }

    /// The error that `?` or [`from_boxed`](Self::from_boxed) took in; none for an answer made for the client.
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        match &self.0.kind {
            Kind::Internal(source) => Some(&**source),
            Kind::Response { .. } => None,
        }
    }

    /// An error of the body parser: Next.js repeats its message as the reason phrase.
    pub(crate) fn rejection(status: StatusCode, message: String) -> Self {
        let mut error = Self::new(status, message);
        if let Kind::Response { body, reason, .. } = &mut error.0.kind {
            *reason = ReasonPhrase::try_from(body.clone()).ok();
        }
        error
    }

    /// The headers of the answer.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    pub(crate) fn internal(message: impl Into<Cow<'static, str>>) -> Self {
        Self::from_boxed(message.into().into())
    }

    pub(crate) fn into_response(self) -> http::Response<Body> {
        let Repr { kind, headers } = *self.0;
        let (status, body, json, reason) = match kind {
            Kind::Internal(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(b"Internal Server Error"), false, None)
            }
            Kind::Response { status, body, json, reason } => (status, body, json, reason),
        };
        let mut response = http::Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if json {
            response.headers_mut().insert(CONTENT_TYPE, json::CONTENT_TYPE_JSON);
        }
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        response
    }

    fn for_client(status: impl TryInto<StatusCode>, body: Bytes, json: bool) -> Self {
        match status.try_into() {
            Ok(status) if !status.is_informational() => {
                Self::from_kind(Kind::Response { status, body, json, reason: None })
            }
            _ => Self::internal("an error was made with a status that is not between 200 and 999"),
        }
    }

    fn from_kind(kind: Kind) -> Self {
        Self(Box::new(Repr { kind, headers: HeaderMap::new() }))
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Error {
    fn from(source: E) -> Self {
        Self::from_boxed(source.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Internal(source) => source.fmt(f),
            Kind::Response { status, body, .. } => write!(f, "{status}: {}", String::from_utf8_lossy(body)),
        }
    }
}

/// The message and the chain of its sources.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => write!(f, "{}", Chain(source)),
            None => write!(f, "{self}"),
        }
    }
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
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_only_what_is_meant_for_the_client() {
        let secret = std::io::Error::other("password is hunter2");
        let cases = [
            (Error::from(secret), 500, "Internal Server Error"),
            (Error::new(404, "no such post"), 404, "no such post"),
            (Error::new(StatusCode::CONFLICT, String::from("taken")), 409, "taken"),
            (Error::new(42, "no such status"), 500, "Internal Server Error"),
            (Error::new(101, "not final"), 500, "Internal Server Error"),
            (Error::json(422, &[1, 2]), 422, "[1,2]"),
        ];
        for (error, status, body) in cases {
            assert_eq!(error.message(), Some(body).filter(|_| error.source().is_none() && status != 422));
            let response = error.into_response();
            assert_eq!(response.status(), status);
            assert_eq!(response.into_body().as_bytes().unwrap(), body.as_bytes());
        }
    }

    #[test]
    fn the_error_behind_can_be_found_and_its_sources_are_shown() {
        #[derive(Debug)]
        struct Outer(std::io::Error);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outer")
            }
        }
        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }
        let error = Error::from(Outer(std::io::Error::other("inner")));
        assert!(error.downcast_ref::<Outer>().is_some());
        assert!(error.downcast_ref::<fmt::Error>().is_none());
        assert_eq!(format!("{error:?}"), "outer: inner");
    }
}
