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
    fn meter(&mut self) -> Option<&mut dyn Any>;
}

impl dyn Guard {
    /// Returns what is sent of the frame that a body was polled for. `ended` tells whether it is the last one.
    ///
    /// What ends the body anyway is let through: a response that is whole is sent, and an error has a cause of its own.
    pub(super) fn check(
        &mut self,
        polled: Poll<Option<Result<Frame<Bytes>, BodyError>>>,
        ended: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match polled {
            Poll::Pending => self.poll(cx, true).map(|error| Some(Err(error))),
            Poll::Ready(Some(Ok(frame))) => {
                let counted = frame.data_ref().map_or(Ok(()), |data| self.add(data.len()));
                Poll::Ready(Some(match counted {
                    Err(error) => Err(error),
                    Ok(()) if ended => Ok(frame),
                    Ok(()) => match self.poll(cx, false) {
                        Poll::Ready(error) => Err(error),
                        Poll::Pending => Ok(frame),
                    },
                }))
            }
            Poll::Ready(ended) => Poll::Ready(ended),
        }
    }
}

/// Observes the error that a body ends with.
pub(crate) trait Observer: Send + Sync + 'static {
    /// Reports an error, and returns it.
    fn broke_off(&self, error: BodyError) -> BodyError;
}
