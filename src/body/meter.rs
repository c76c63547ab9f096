//! Counting what goes out against a limit.

use super::BoxError;
use crate::context::MatchedRoute;
use crate::{SizeLimit, log};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Warns once when the body is over and has reached the limit; enforcing, it breaks a body off that exceeds it.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) limit: SizeLimit,
    pub(crate) enforce: bool,
    pub(crate) route: Option<MatchedRoute>,
    /// None where nobody else measures.
    pub(crate) warned: Option<Warned>,
    pub(crate) bytes: u64,
}

/// In a response's extensions: somebody measures the body already, and whether they have warned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Warned(Arc<AtomicBool>);

impl Warned {
    /// True for the first who asks.
    fn is_first(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }
}

impl Meter {
    /// As in Next.js a body is too large from the limit on, not only beyond it.
    pub(crate) fn warn(&self) {
        if self.bytes >= self.limit.bytes() && self.warned.as_ref().is_none_or(Warned::is_first) {
            log::response_too_large(self.route.as_ref().map(MatchedRoute::as_str), self.bytes, self.limit);
        }
    }

    /// Whether the body must not go on.
    pub(crate) fn exceeded(&self) -> bool {
        self.enforce && self.bytes > self.limit.bytes()
    }

    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), BoxError> {
        self.bytes += bytes as u64;
        if self.exceeded() {
            Err(format!("the response exceeded its limit of {}", self.limit).into())
        } else {
            Ok(())
        }
    }
}

/// At the end of the body, or where the client has left: then the number is what was sent.
impl Drop for Meter {
    fn drop(&mut self) {
        self.warn();
    }
}
