use super::Difference;
use crate::routing::MatchedRoute;
use http::{Method, Uri};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The comparison of a response with the shadow's, for [`on_report`](super::ShadowLayer::on_report).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShadowReport {
    /// The request's method.
    pub method: Method,
    /// The request's target.
    pub uri: Uri,
    /// The route of the client's response, or `None` for a fallback, or if the inner service is not a router.
    pub route: Option<MatchedRoute>,
    /// The differences; empty for equal responses.
    pub differences: Vec<Difference>,
    /// Whether the bodies were compared. A body that is too long, was cut off or has a content coding is not
    /// compared.
    pub body_compared: bool,
}

/// Writes the method, the path, and a line for each difference.
impl fmt::Display for ShadowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.uri.path())?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// The number of requests that were copied, by result, for [`counts`](super::ShadowLayer::counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowCounts {
    /// Requests whose responses were equal, as far as they were compared.
    pub equal: u64,
    /// Requests whose responses differed.
    pub different: u64,
    /// Requests that were not copied because too many copies were in flight, or not compared because the client
    /// disconnected or a body was too long.
    pub skipped: u64,
    /// Requests for which the shadow could not be reached, or took too long.
    pub unavailable: u64,
}

/// The counters behind [`ShadowCounts`].
#[derive(Default)]
pub(super) struct Counters {
    pub(super) equal: AtomicU64,
    pub(super) different: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) unavailable: AtomicU64,
    /// The time of the last `shadow unavailable` warning, and the number of failures until then.
    warned: Mutex<Option<(Instant, u64)>>,
}

impl Counters {
    pub(super) fn snapshot(&self) -> ShadowCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ShadowCounts {
            equal: load(&self.equal),
            different: load(&self.different),
            skipped: load(&self.skipped),
            unavailable: load(&self.unavailable),
        }
    }

    pub(super) fn add(counter: &AtomicU64) -> u64 {
        counter.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Counts a failure of the shadow, and logs a warning at most once a minute.
    pub(super) fn unavailable(&self, error: &(dyn std::error::Error + 'static)) {
        const MINUTE: Duration = Duration::from_secs(60);
        let failures = Self::add(&self.unavailable);
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, before) = warned.unzip();
        if last.is_none_or(|last| last.elapsed() >= MINUTE) {
            *warned = Some((Instant::now(), failures));
            log_unavailable(error, failures.saturating_sub(before.unwrap_or_default()));
        }
    }
}

#[cfg_attr(not(feature = "tracing"), allow(unused_variables))]
fn log_unavailable(error: &(dyn std::error::Error + 'static), failures: u64) {
    #[cfg(feature = "tracing")]
    tracing::warn!(error, failures, "shadow unavailable");
}

/// Logs the names of what differs. Values may be personal data.
#[cfg_attr(not(feature = "tracing"), allow(unused_variables))]
pub(super) fn log_difference(report: &ShadowReport) {
    #[cfg(feature = "tracing")]
    {
        let subjects: Vec<_> = report.differences.iter().take(5).map(Difference::subject).collect();
        tracing::warn!(
            http.request.method = %report.method,
            url.path = report.uri.path(),
            http.route = report.route.as_ref().map(MatchedRoute::as_str),
            differences = subjects.join(", "),
            count = report.differences.len(),
            "shadow response differs"
        );
    }
}
