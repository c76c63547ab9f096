//! What a response limit logs about its request.

use super::RequestHead;
use crate::config::RequestLine;
use crate::log::Subject;
use std::sync::Arc;

/// The request whose response is measured. For a route it is shared, because a clone of the target would allocate.
#[derive(Clone, Debug)]
pub(crate) enum Measured {
    Line(RequestLine),
    Head(Arc<RequestHead>),
}

impl Measured {
    pub(crate) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Line(line) => line.subject(),
            Self::Head(head) => (&head.error_context()).into(),
        }
    }
}
