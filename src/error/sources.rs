//! An error with the chain of its sources.

use crate::body::Mark;
use std::error::Error;
use std::fmt;

/// Displays an error and all of its sources, joined by `: `.
///
/// The mark of a [`BodyError`](crate::BodyError) is left out, because the error itself says the same.
pub(crate) struct Chain<'a>(pub(crate) &'a (dyn Error + 'static));

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
