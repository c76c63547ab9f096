//! A handler's error inside a body, where errors are boxed.

use super::Error;
use crate::body::BodyError;
use std::error;
use std::fmt;

/// The error of a handler that writes a stream.
#[derive(Debug)]
pub(crate) struct StreamError(pub(crate) Error);

impl StreamError {
    /// Converts the error that a body ended with.
    pub(crate) fn unwrap(error: BodyError) -> Error {
        if error.is_of_request() {
            return Error::from(error);
        }
        match error.into_inner().downcast::<Self>() {
            Ok(error) => error.0,
            Err(cause) => Error::from_boxed(cause),
        }
    }

    /// Passes the error that a body ended with to `look`, and returns it.
    pub(crate) fn shown(error: BodyError, look: impl FnOnce(&Error)) -> BodyError {
        if let Some(of_handler) = error.inner().downcast_ref::<Self>().filter(|_| !error.is_of_request()) {
            look(&of_handler.0);
            return error;
        }
        let error = Self::unwrap(error);
        look(&error);
        BodyError::new(error.into_source())
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl error::Error for StreamError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.0.next_source()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Outer;
    use super::*;
    use crate::error::Chain;

    #[test]
    fn body_returns_the_handlers_error() {
        let io = || std::io::Error::other("disk");
        let of_handler = || BodyError::new(StreamError(Error::new(404, "no")).into());
        let of_body = || BodyError::new(io().into());
        let of_request = || of_body().in_request(true);
        let cases = [
            (of_handler(), 404),
            (of_body(), 500),
            (of_request(), 400),
            (of_handler().in_request(true), 400),
        ];
        for (error, status) in cases {
            let mut seen = None;
            let text = format!("{error:?}");
            let error = StreamError::shown(error, |error| seen = Some(error.status().as_u16()));
            assert_eq!(seen, Some(status));
            assert_eq!(format!("{error:?}"), text, "it is the same error");
            assert_eq!(StreamError::unwrap(error).status().as_u16(), status, "and again");
        }
        assert!(StreamError::unwrap(of_body()).downcast_ref::<std::io::Error>().is_some());
        let cause = StreamError::shown(of_body(), |_| ()).into_inner();
        assert!(cause.is::<std::io::Error>());
    }

    #[test]
    fn display_and_source_are_the_errors() {
        let cases = [
            (Error::new(404, "no"), "404 Not Found: no"),
            (Error::from(std::io::Error::other("disk")), "disk"),
            (Error::from(Outer(std::io::Error::other("inner"))), "outer: inner"),
        ];
        for (error, text) in cases {
            assert_eq!(Chain(&StreamError(error)).to_string(), text);
        }
    }
}
