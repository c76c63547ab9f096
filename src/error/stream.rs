//! A handler's error inside a body, where errors are boxed.

use super::Error;
use crate::body::BodyError;
use std::error;
use std::fmt;

/// The error of a handler that writes a stream.
#[derive(Debug)]
pub(crate) struct StreamError(pub(crate) Error);

impl StreamError {
    /// Converts the error that a body ended with, and returns whether a handler had returned it.
    pub(crate) fn unwrap(error: BodyError) -> (Error, bool) {
        if error.is_of_request() {
            return (Error::from(error), false);
        }
        match error.into_inner().downcast::<Self>() {
            Ok(error) => (error.0, true),
            Err(cause) => (Error::from_boxed(cause), false),
        }
    }
}

impl StreamError {
    /// The inverse of [`unwrap`](Self::unwrap).
    pub(crate) fn wrap((error, is_handlers): (Error, bool)) -> BodyError {
        if is_handlers { BodyError::new(Self(error).into()) } else { BodyError::new(error.into_source()) }
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
        let (error, is_handlers) = StreamError::unwrap(of_handler());
        assert_eq!((error.status().as_u16(), is_handlers), (404, true));
        let (error, is_handlers) = StreamError::unwrap(StreamError::wrap((error, is_handlers)));
        assert_eq!((error.to_string().as_str(), is_handlers), ("404 Not Found: no", true), "and again");

        let (error, is_handlers) = StreamError::unwrap(BodyError::new(io().into()));
        assert_eq!((error.status().as_u16(), is_handlers), (500, false), "of another body");
        assert!(error.downcast_ref::<std::io::Error>().is_some());
        let cause = StreamError::wrap((error, is_handlers)).into_inner();
        assert!(cause.is::<std::io::Error>());

        let (error, is_handlers) = StreamError::unwrap(BodyError::new(io().into()).in_request(true));
        assert_eq!((error.status().as_u16(), is_handlers), (400, false), "of the request's body");
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
