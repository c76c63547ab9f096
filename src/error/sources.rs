//! The sources of an error.

use super::{Error, Kind};
use crate::body::{BoxError, Mark, sources};
use std::error;
use std::fmt;

impl Error {
    /// Sets the cause, which is logged, and never sent to the client. It replaces an earlier one.
    ///
    /// ```
    /// use tower_api_routes::Error;
    ///
    /// fn parse(text: &str) -> Result<u64, Error> {
    ///     text.parse().map_err(|cause| Error::new(400, "id is not a number").with_source(cause))
    /// }
    ///
    /// let error = parse("x").unwrap_err();
    /// assert_eq!(error.message(), Some("id is not a number"));
    /// assert!(error.downcast_ref::<std::num::ParseIntError>().is_some());
    /// ```
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into());
        self.0.open = false;
        self
    }

    /// Returns the [source](Self::source), if it has this type: the error that `?` has converted.
    ///
    /// ```
    /// use tower_api_routes::Error;
    ///
    /// let error = Error::from(std::io::Error::other("disk full"));
    /// assert!(error.downcast_ref::<std::io::Error>().is_some());
    /// ```
    ///
    /// An `anyhow::Error` is in a box of anyhow's, and an error with a context is the source of that context. The guide
    /// [errors](crate::guide::errors) shows how to walk through the sources.
    pub fn downcast_ref<E: error::Error + 'static>(&self) -> Option<&E> {
        self.source().and_then(|source| source.downcast_ref())
    }

    /// Returns the cause: the error that `?` or [`or_status`](crate::OrStatus::or_status) has converted, that of
    /// [`with_source`](Self::with_source), or the cause of an error of this crate. `None` for one that
    /// [`new`](Self::new) or [`json`](Self::json) has created.
    pub fn source(&self) -> Option<&(dyn error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// Returns the first source whose text is not that of the error itself.
    pub(super) fn next_source(&self) -> Option<&(dyn error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        match self.0.kind {
            Kind::Internal => source.source(),
            Kind::Response { .. } => Some(source),
        }
    }

    /// Sets the source of an error whose status is this crate's, so that a `map_error_of` may choose another.
    pub(crate) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self = self.with_source(source);
        self.0.open = true;
        self
    }

    /// Returns whether a `map_error_of` may choose another status.
    pub(crate) fn is_open(&self) -> bool {
        self.0.open
    }

    /// Returns the first of the sources that has this type.
    pub(crate) fn find<E: error::Error + 'static>(&self) -> Option<&E> {
        let source: &(dyn error::Error + 'static) = self.0.source.as_deref()?;
        sources(source).find_map(|error| error.downcast_ref())
    }

    /// Consumes `self`, returning the source, or its text if there is none.
    pub(crate) fn into_source(self) -> BoxError {
        let text = self.to_string();
        self.0.source.unwrap_or_else(|| text.into())
    }
}

/// Writes what is logged: the chain of the sources, or the message if there are none.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source() {
            Some(source) => fmt::Display::fmt(&Chain(source), f),
            None => fmt::Display::fmt(self, f),
        }
    }
}

/// Displays an error and all of its sources, joined by `: `.
///
/// The mark of a [`BodyError`](crate::BodyError) is left out, because the error itself says the same.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn error::Error + 'static));

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            if !error.is::<Mark>() {
                write!(f, ": {error}")?;
            }
            source = error.source();
        }
        Ok(())
    }
}
