use crate::size::SizeLimit;
use std::fmt;

/// The error of a response that is larger than its enforced limit.
///
/// A stream ends with this error. If the size is known before the head is sent, it is the source of the 500 in
/// [`on_error`](crate::ApiRouter::on_error) and [`map_error`](crate::ApiRouter::map_error).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    limit: SizeLimit,
}

impl LimitExceeded {
    pub(super) const fn new(limit: SizeLimit) -> Self {
        Self { limit }
    }

    /// Returns the limit.
    pub const fn limit(&self) -> SizeLimit {
        self.limit
    }
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the response exceeded its limit of {}", self.limit)
    }
}

impl std::error::Error for LimitExceeded {}
