use super::{Difference, Form};
use crate::routing::MatchedRoute;
use http::{Method, Uri};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Where the responses are equal by value, but not byte by byte.
    pub forms: Vec<Form>,
    /// Whether the bodies were compared. A body that is too long, was cut off or has a content coding is not
    /// compared.
    pub body_compared: bool,
}

/// Writes the method, the path, and a line for each difference and each form.
impl fmt::Display for ShadowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.uri.path())?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n  {difference}"))?;
        self.forms.iter().try_for_each(|form| write!(f, "\n  {form}"))
    }
}

/// The number of requests that were copied, by result, for [`counts`](super::ShadowLayer::counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShadowCounts {
    /// Requests whose responses were equal, as far as they were compared.
    pub equal: u64,
    /// Those of them that are equal by value, but not byte by byte: [`Form`].
    pub other_form: u64,
    /// Requests whose responses differed.
    pub different: u64,
    /// Requests that were not copied because too many copies were in flight, or not compared because the client
    /// disconnected or a body was too long.
    pub skipped: u64,
    /// Requests that a [`Proxy`](crate::Proxy) behind the layer sent to the same server as the shadow, which has nothing
    /// to compare with.
    pub proxied: u64,
    /// Requests for which the shadow could not be reached, or took too long.
    pub unavailable: u64,
}

/// The counters behind [`ShadowCounts`].
#[derive(Default)]
pub(super) struct Counters {
    equal: AtomicU64,
    other_form: AtomicU64,
    different: AtomicU64,
    pub(super) skipped: AtomicU64,
    pub(super) proxied: AtomicU64,
    unavailable: AtomicU64,
    /// The time of the last `shadow unavailable` warning, and the number of failures until then.
    warned: Mutex<Option<(Instant, u64)>>,
}

impl Counters {
    pub(super) fn snapshot(&self) -> ShadowCounts {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ShadowCounts {
            equal: load(&self.equal),
            other_form: load(&self.other_form),
            different: load(&self.different),
            skipped: load(&self.skipped),
            proxied: load(&self.proxied),
            unavailable: load(&self.unavailable),
        }
    }

    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a comparison.
    pub(super) fn report(&self, report: &ShadowReport) {
        if !report.differences.is_empty() {
            Self::count(&self.different);
            return;
        }
        Self::count(&self.equal);
        if !report.forms.is_empty() {
            Self::count(&self.other_form);
        }
    }

    /// Counts a failure of the shadow, and logs a warning at most once a minute.
    pub(super) fn unavailable(&self, error: &(dyn std::error::Error + 'static)) {
        const MINUTE: Duration = Duration::from_secs(60);
        let failures = self.unavailable.fetch_add(1, Ordering::Relaxed) + 1;
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

/// Logs the names of what differs, if anything does. Values may be personal data.
#[cfg_attr(not(feature = "tracing"), allow(unused_variables))]
pub(super) fn log_difference(report: &ShadowReport) {
    #[cfg(feature = "tracing")]
    if !report.differences.is_empty() {
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

/// How often each kind of difference was found, for a report of many requests.
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use tower_api_routes::shadow::{Comparison, Kinds};
///
/// let text = |body: &'static str| Response::new(Bytes::from(body));
/// let mut kinds = Kinds::default();
/// for (old, new) in [("a", "a"), ("a", "b"), ("a", "c")] {
///     let compared = Comparison::new().compare(&text(old), &text(new));
///     kinds.add(&compared.differences, &compared.forms);
/// }
/// assert_eq!(kinds.to_string(), "2 body");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Kinds(BTreeMap<String, u64>);

impl Kinds {
    /// Adds what a comparison has found. A kind counts once for each of them.
    pub fn add(&mut self, differences: &[Difference], forms: &[Form]) {
        let kinds = differences.iter().map(Difference::kind);
        let kinds: BTreeSet<_> = kinds.chain(forms.iter().map(|form| form.kind().to_owned())).collect();
        for kind in kinds {
            *self.0.entry(kind).or_default() += 1;
        }
    }
}

/// Writes a line for each kind, the most frequent one first.
impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<_> = self.0.iter().collect();
        kinds.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
        for (number, (kind, times)) in kinds.into_iter().enumerate() {
            write!(f, "{}{times} {kind}", if number == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}
