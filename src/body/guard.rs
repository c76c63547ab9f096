//! Hooks of a body.

use super::error::BodyError;
use bytes::Bytes;
use http_body::Frame;
use std::any::Any;
use std::fmt;
use std::task::{Context, Poll};

/// Watches a body, and may end it with an error.
pub(crate) trait Guard: fmt::Debug + Send + Sync + 'static {
    /// Polls for the error that ends the body. `waits` tells whether the body has nothing to send yet, so that the
    /// guard has to wake the task.
    fn poll(&mut self, cx: &mut Context<'_>, waits: bool) -> Poll<BodyError>;

    /// Counts a chunk.
    ///
    /// # Errors
    ///
    /// Returns the error that ends the body in place of the chunk.
    fn add(&mut self, bytes: usize) -> Result<(), BodyError>;

    /// Returns what counts the body, if anything does, for a downcast in the module that added the guard.
    fn meter(&mut self) -> Option<&mut dyn Any> {
        None
    }
}

impl dyn Guard {
    /// Returns the error that ends a body in place of what it was polled for. `ended` tells whether that is its last frame.
    ///
    /// What ends the body anyway is let through: a response that is whole is sent, and an error has a cause of its own.
    pub(super) fn check(
        &mut self,
        polled: &Poll<Option<Result<Frame<Bytes>, BodyError>>>,
        ended: bool,
        cx: &mut Context<'_>,
    ) -> Option<BodyError> {
        let frame = match polled {
            Poll::Pending => None,
            Poll::Ready(Some(Ok(frame))) => Some(frame),
            Poll::Ready(None | Some(Err(_))) => return None,
        };
        if let Some(data) = frame.and_then(Frame::data_ref) {
            if let Err(error) = self.add(data.len()) {
                return Some(error);
            }
        }
        match frame {
            Some(_) if ended => None,
            _ => match self.poll(cx, frame.is_none()) {
                Poll::Ready(error) => Some(error),
                Poll::Pending => None,
            },
        }
    }
}

/// Observes the error that a body ends with.
pub(crate) trait Observer: Send + Sync + 'static {
    /// Reports an error, and returns it.
    fn broke_off(&self, error: BodyError) -> BodyError;
}
