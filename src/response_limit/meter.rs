//! Counts a response body against its limit.

use super::LimitExceeded;
use crate::body::{BoxError, Counter};
use crate::context::Measured;
use crate::log;
use crate::size::SizeLimit;
use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Counts a body, and logs one warning when a body that has reached the limit ends. An enforced limit ends the body
/// with an error.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) limit: SizeLimit,
    pub(crate) enforce: bool,
    pub(crate) request: Measured,
    /// `None` if nothing else measures this body.
    pub(crate) warned: Option<Warned>,
    pub(crate) bytes: u64,
}

/// Marks, in a response's extensions, a body that is measured already, and records whether the warning was logged.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warned(Arc<AtomicBool>);

impl Warned {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns `true` once, for the first caller.
    fn is_first(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

impl Meter {
    /// Logs the warning if the body has reached the limit. As in Next.js, a body of exactly the limit is too large.
    pub(crate) fn warn(&self) {
        if self.bytes >= self.limit.bytes() && self.warned.as_ref().is_none_or(Warned::is_first) {
            log::response_too_large(self.request.subject(), self.bytes, self.limit);
        }
    }

    /// Returns whether the body must end here.
    pub(crate) fn exceeded(&self) -> bool {
        self.enforce && self.bytes > self.limit.bytes()
    }

    /// Returns the flag that this meter shares with others around the same body.
    pub(crate) fn share_warning(&mut self) -> Warned {
        self.warned.get_or_insert_default().clone()
    }
}

impl Counter for Meter {
    fn add(&mut self, bytes: usize) -> Result<(), BoxError> {
        self.bytes += bytes as u64;
        if self.exceeded() { Err(LimitExceeded::new(self.limit).into()) } else { Ok(()) }
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Warns at the end of the body, or when the client disconnects. The size is then what was sent.
impl Drop for Meter {
    fn drop(&mut self) {
        self.warn();
    }
}
