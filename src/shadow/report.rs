use super::Difference;
use crate::routing::MatchedRoute;
use http::{Method, Uri};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The comparison of one response with the shadow's, for [`on_report`](super::ShadowLayer::on_report).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ShadowReport {
    /// The request's method.
    pub method: Method,
    /// The request's target.
    pub uri: Uri,
    /// The route of the client's response; none for a fallback, or where the inner service is no router.
    pub route: Option<MatchedRoute>,
    /// What differs; empty for equal responses.
    pub differences: Vec<Difference>,
    /// Whether the bodies were compared. One that is too long, broke off or has a content coding is not.
    pub body_compared: bool,
}

/// The method, the path, and a line for each difference.
impl fmt::Display for ShadowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.uri.path())?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

/// How many requests were copied and with what result, for [`counts`](super::ShadowLayer::counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowCounts {
    /// The responses were equal, as far as they were compared.
    pub equal: u64,
    /// The responses differed.
    pub different: u64,
    /// Not copied: too many were in flight. Or not compared: the client left, or its body was too long.
    pub skipped: u64,
    /// The shadow could not be reached, or took too long.
    pub unavailable: u64,
}

/// The counters behind [`ShadowCounts`].
#[derive(Default)]
pub(super) struct Counters {
    pub(super) equal: AtomicU64,
    pub(super) different: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) unavailable: AtomicU64,
    /// When it was last logged that the shadow is not there, and how often it was not there then.
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

    /// Counts a shadow that is not there, and logs it once a minute.
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

/// Logs what differs by name: values may be personal.
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
