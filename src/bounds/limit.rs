use crate::error::ErrorResponse;
use crate::log::{self, HasSubject};
use crate::size::SizeLimit;
use crate::text::declared_length;
use http::Response;
use http_body::Body;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The size from which a response is too large.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) size: SizeLimit,
    pub(crate) enforce: bool,
}

impl Limit {
    /// Measures a response whose length is known, or declared, and returns what counts the body of any other.
    ///
    /// As in Next.js, a body of exactly the limit logs the warning. The response to an error is not measured.
    /// `nested` tells whether a layer outside may measure the response, too.
    ///
    /// # Errors
    ///
    /// Returns an error if the limit is enforced, and the response exceeds it.
    pub(crate) fn measure<B: Body>(
        self,
        response: &mut Response<B>,
        nested: bool,
        line: &impl HasSubject,
    ) -> Result<Option<Meter>, LimitExceeded> {
        let size = response.body().size_hint().exact();
        if size.is_some_and(|size| size < self.size.bytes()) || ErrorResponse::is(response.extensions()) {
            return Ok(None);
        }
        let declared = || declared_length(response.headers()).filter(|_| self.enforce);
        let known = size.or_else(|| declared().filter(|bytes| *bytes > self.size.bytes()));
        // Those who measure the same response share one flag, so that one of them warns.
        let shared = nested || size.is_some() || response.extensions().get::<Warned>().is_some();
        let warned = shared.then(|| response.extensions_mut().get_or_insert_default::<Warned>().clone());
        let mut meter = Meter { limit: self, bytes: 0, reached: false, warned };
        match known {
            Some(bytes) => meter.count(bytes, line).map(|()| None),
            None => Ok(Some(meter)),
        }
    }
}

/// Counts a body, and logs one warning once it has reached the limit.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: Limit,
    bytes: u64,
    /// Whether the body has reached the limit.
    reached: bool,
    /// `None` if nothing else measures this body.
    warned: Option<Warned>,
}

/// Records whether the warning about a response was logged. It is in the extensions of a response that others may
/// measure, too.
#[derive(Clone, Debug, Default)]
struct Warned(Arc<AtomicBool>);

impl Meter {
    pub(super) fn add(&mut self, bytes: usize, line: &impl HasSubject) -> Result<(), LimitExceeded> {
        self.count(bytes as u64, line)
    }

    fn count(&mut self, bytes: u64, line: &impl HasSubject) -> Result<(), LimitExceeded> {
        let Limit { size, enforce } = self.limit;
        self.bytes += bytes;
        if self.bytes >= size.bytes() && !mem::replace(&mut self.reached, true) {
            let is_first = |warned: &Warned| !warned.0.swap(true, Ordering::Relaxed);
            if self.warned.as_ref().is_none_or(is_first) {
                log::response_too_large(line.subject(), self.bytes, size);
            }
        }
        if enforce && self.bytes > size.bytes() { Err(LimitExceeded { limit: size }) } else { Ok(()) }
    }

    /// Warns only if `inner`, which measures the same body, does not.
    pub(super) fn share_warning(&mut self, inner: &mut Self) {
        self.warned = Some(inner.warned.get_or_insert_default().clone());
    }
}

/// The error of a response that is larger than its enforced limit.
///
/// A stream ends with this error. If the size is known before the head is sent, it is the source of the 500 in
/// [`on_error`](crate::ApiRouter::on_error) and [`map_error`](crate::ApiRouter::map_error).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitExceeded {
    limit: SizeLimit,
}

impl LimitExceeded {
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
