//! The error type of bodies.

use crate::size::SizeLimit;
use http_body_util::LengthLimitError;
use std::error::Error;
use std::fmt;
use std::io;

/// A boxed error of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Error of a [`Body`](crate::Body) that breaks off. The cause is among its [sources](Error::source), and
/// [`into_inner`](Self::into_inner) returns it.
///
/// In a handler, `?` turns it into the right response. If the body came with the request, that is 413
/// `Payload Too Large` for an exceeded length limit ([`LengthLimitError`], for example from tower-http's
/// `RequestBodyLimitLayer`), and 400 `Invalid body` otherwise. For any other body, such as that of an upstream's
/// response, it is a 500.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Body, Result};
///
/// async fn length(req: ApiRequest<Body>, res: ApiResponse) -> Result {
///     let (mut body, mut length) = (req.into_body(), 0);
///     while let Some(chunk) = body.chunk().await? {
///         length += chunk.len();
///     }
///     res.json(&length)
/// }
/// ```
///
/// That is so also if the error comes in a box of another kind, such as an `anyhow::Error`.
pub struct BodyError(Mark);

/// What a [`BodyError`] knows of its body. It is the first source of that error, because `anyhow` and `eyre` put an error
/// into a box that cannot be downcast, and its sources can.
pub(crate) struct Mark {
    source: BoxError,
    of_request: bool,
    /// Whether a route has logged the error.
    reported: bool,
}

impl BodyError {
    /// Creates an error with this cause. A cause that is a `BodyError` itself is returned unchanged.
    pub(crate) fn new(source: BoxError) -> Self {
        match source.downcast::<Self>() {
            Ok(error) => *error,
            Err(source) => {
                let reported = marks(&*source).any(|mark| mark.reported);
                Self(Mark { source, of_request: false, reported })
            }
        }
    }

    pub(crate) fn in_request(self, of_request: bool) -> Self {
        Self(Mark { of_request: self.0.of_request | of_request, ..self.0 })
    }

    pub(crate) fn reported(self) -> Self {
        Self(Mark { reported: true, ..self.0 })
    }

    pub(crate) fn is_reported(&self) -> bool {
        self.0.reported
    }

    /// Returns whether the body came with the request.
    pub fn is_of_request(&self) -> bool {
        self.0.of_request
    }

    pub(crate) fn inner(&self) -> &(dyn Error + 'static) {
        &*self.0.source
    }

    /// Consumes `self`, returning the cause.
    pub fn into_inner(self) -> BoxError {
        self.0.source
    }
}

impl fmt::Debug for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Mark { source, of_request, .. } = &self.0;
        f.debug_struct("BodyError").field("source", source).field("of_request", of_request).finish()
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.of_request { "the request body broke off" } else { "the body broke off" })
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.source, f)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("reading it failed")
    }
}

impl Error for Mark {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

/// How the body of a request has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestBodyFailure {
    /// A limit of this crate, or another one.
    TooLarge(Option<BodyTooLarge>),
    BrokeOff,
}

impl RequestBodyFailure {
    /// Looks for the failure of a request's body among an error and its sources.
    pub(crate) fn find(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(ours) = sources(error).find_map(|error| error.downcast_ref::<BodyTooLarge>()) {
            return Some(Self::TooLarge(Some(*ours)));
        }
        if !marks(error).any(|mark| mark.of_request) {
            return None;
        }
        let too_large = sources(error).any(<dyn Error>::is::<LengthLimitError>);
        Some(if too_large { Self::TooLarge(None) } else { Self::BrokeOff })
    }
}

/// The body of a request is larger than its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BodyTooLarge {
    pub(crate) limit: SizeLimit,
    /// Whether a part of the body is left unread, so that an HTTP/1 connection cannot be used again. The response says so,
    /// which keeps the client from sending its next request on it.
    pub(crate) closes: bool,
}

impl fmt::Display for BodyTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Body exceeded {} limit", self.limit)
    }
}

impl Error for BodyTooLarge {}

fn marks<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a Mark> {
    sources(error).filter_map(|error| error.downcast_ref())
}

/// Returns an error and all of its sources. The `source` of an [`io::Error`] skips its inner error, which `get_ref`
/// returns.
pub(crate) fn sources<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use futures_util::FutureExt as _;
    use http_body_util::{BodyExt as _, Full, Limited};

    fn limit() -> BoxError {
        let body = Limited::new(Full::new(Bytes::from("x")), 0);
        body.collect().now_or_never().unwrap().unwrap_err()
    }

    fn hidden(error: impl Into<BoxError>) -> BoxError {
        io::Error::other(error).into()
    }

    #[test]
    fn error_says_whose_body_broke() {
        let error = || BodyError::new("reset".into());
        for (marks, of_request) in
            [(&[][..], false), (&[false], false), (&[true], true), (&[true, true], true)]
        {
            let error = marks.iter().fold(error(), |error, mark| error.in_request(*mark));
            assert_eq!((error.is_of_request(), error.is_reported()), (of_request, false), "{marks:?}");
            let again = error.in_request(false).reported();
            assert_eq!((again.is_of_request(), again.is_reported()), (of_request, true), "{marks:?}");
            let text = if of_request { "the request body broke off" } else { "the body broke off" };
            assert_eq!(again.to_string(), text);
            let cause = again.source().and_then(Error::source);
            assert_eq!(cause.unwrap().to_string(), "reset");
            assert_eq!(again.into_inner().to_string(), "reset");
        }
        // What was logged is not logged again, wherever it is found.
        assert!(BodyError::new(hidden(error().reported())).is_reported());
        assert!(!BodyError::new(hidden(error())).is_reported());
        assert!(BodyError::new(error().in_request(true).into()).is_of_request(), "it is the same error");
    }

    #[test]
    fn request_body_failure_is_found_at_any_depth() {
        let broken = || BoxError::from("reset");
        let of = |source, of_request| BodyError::new(source).in_request(of_request);
        let (too_large, broke_off) =
            (Some(RequestBodyFailure::TooLarge(None)), Some(RequestBodyFailure::BrokeOff));
        let cases = [
            (of(limit(), true).into(), too_large),
            (of(broken(), true).into(), broke_off),
            (of(limit(), false).into(), None),
            (of(broken(), false).into(), None),
            (limit(), None),
            (hidden(of(limit(), true)), too_large),
            (of(hidden(limit()), true).into(), too_large),
            (hidden(io::Error::other(of(hidden(io::Error::other(limit())), true))), too_large),
            (of(hidden(of(limit(), true)), false).into(), too_large),
            (hidden(io::Error::from(io::ErrorKind::NotFound)), None),
            (anyhow::Error::new(of(limit(), true)).into(), too_large),
            (anyhow::Error::new(of(broken(), true)).context("reading").into(), broke_off),
            (anyhow::Error::new(of(broken(), false)).into(), None),
            (eyre::Report::new(of(limit(), true)).into(), too_large),
            (eyre::Report::new(of(broken(), true)).wrap_err("reading").into(), broke_off),
        ];
        for (error, failure) in cases {
            assert_eq!(RequestBodyFailure::find(&*error), failure, "{error:?}");
        }
    }
}
