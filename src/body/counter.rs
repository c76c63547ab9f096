//! Hooks for what leaves a body.

use super::{BodyError, BoxError};
use std::any::Any;

/// Is shown the size of each chunk that leaves a body, and is dropped with it.
pub(crate) trait Counter: Send + Sync + 'static {
    /// Counts a chunk.
    ///
    /// # Errors
    ///
    /// Ends the body with this error in place of the chunk.
    fn add(&mut self, bytes: usize) -> Result<(), BoxError>;

    /// Returns the counter itself, so that the module it belongs to can recognize it.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// Is shown the error that a body ends with.
pub(crate) trait Observer: Send + Sync + 'static {
    /// Looks at an error, and returns it.
    fn broke_off(&self, error: BodyError) -> BodyError;
}
