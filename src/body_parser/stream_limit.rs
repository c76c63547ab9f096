//! Counts the body of a request that is not read into memory.

use super::read::too_large;
use crate::body::{Body, BodyError, BodyTooLarge, Guard};
use crate::error::Error;
use crate::size::SizeLimit;
use crate::text::declared_length;
use http::{HeaderMap, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

/// Tells whether a body has exceeded its limit.
#[derive(Clone, Debug)]
pub(super) struct StreamLimit {
    error: BodyTooLarge,
    /// `Relaxed` suffices: the body is read before the response that depends on it.
    exceeded: Arc<AtomicBool>,
}

impl StreamLimit {
    /// Applies a limit to a body, which then ends with an error where it exceeds the limit.
    ///
    /// # Errors
    ///
    /// Returns a 413 if the length of the body is known, or declared, to exceed the limit. Nothing of it is read then.
    pub(super) fn apply(
        body: Body,
        headers: &HeaderMap,
        version: Version,
        limit: SizeLimit,
    ) -> Result<(Body, Self), Error> {
        let closes = version <= Version::HTTP_11;
        let in_memory = body.as_bytes().map(<[u8]>::len);
        let length = in_memory.map(|length| length as u64).or_else(|| declared_length(headers));
        if length.is_some_and(|length| length > limit.bytes()) {
            return Err(too_large(limit, closes && in_memory.is_none()));
        }
        let this = Self { error: BodyTooLarge { limit, closes }, exceeded: Arc::default() };
        if in_memory.is_some() {
            return Ok((body, this));
        }
        let count = Count { left: limit.bytes(), limit: this.clone() };
        Ok((body.guarded(Box::new(count)), this))
    }

    /// Returns the 413 if the body has exceeded the limit.
    pub(super) fn exceeded(&self) -> Option<Error> {
        let BodyTooLarge { limit, closes } = self.error;
        self.exceeded.load(Ordering::Relaxed).then(|| too_large(limit, closes))
    }
}

#[derive(Debug)]
struct Count {
    left: u64,
    limit: StreamLimit,
}

impl Guard for Count {
    fn poll(&mut self, _: &mut Context<'_>, _: bool) -> Poll<BodyError> {
        Poll::Pending
    }

    fn add(&mut self, bytes: usize) -> Result<(), BodyError> {
        if let Some(left) = self.left.checked_sub(bytes as u64) {
            self.left = left;
            return Ok(());
        }
        self.limit.exceeded.store(true, Ordering::Relaxed);
        Err(BodyError::new(self.limit.error.into()))
    }
}
