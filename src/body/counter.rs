//! Hooks of a body.

use super::{BodyError, BoxError};
use std::any::Any;

/// Counts the chunks that leave a body. It is dropped with the body.
pub(crate) trait Counter: Send + Sync + 'static {
    /// Counts a chunk.
    ///
    /// # Errors
    ///
    /// Returns the error that ends the body in place of the chunk.
    fn add(&mut self, bytes: usize) -> Result<(), BoxError>;

    /// Returns `self` for a downcast to the type of the module that added the counter.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// Observes the error that a body ends with.
pub(crate) trait Observer: Send + Sync + 'static {
    /// Reports an error, and returns it.
    fn broke_off(&self, error: BodyError) -> BodyError;
}
