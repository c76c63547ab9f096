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
        self.0.source().and_then(error::Error::source)
    }
}
