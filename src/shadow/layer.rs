use super::settings::ShadowSettings;
use super::{Comparison, Shadow, ShadowCounts, ShadowReport};
use crate::client::OriginError;
use crate::proxy::Proxy;
use crate::size::SizeLimit;
use http::Method;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tower_layer::Layer;

/// Applies [`Shadow`]; see the [module](self::super).
///
/// Clones share the counts and the limit of copies in flight.
///
/// ```
/// use std::time::Duration;
/// use tower_api_routes::ShadowLayer;
/// use tower_api_routes::http::Method;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let shadow = ShadowLayer::to("http://127.0.0.1:3000")?
///     .methods([Method::GET, Method::POST]) // the shadow then executes each POST, too
///     .sample_rate(0.01)
///     .max_in_flight(4)
///     .body_limit("64kb")
///     .timeout(Duration::from_secs(5));
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ShadowLayer<T = Proxy> {
    shadow: T,
    settings: Arc<ShadowSettings>,
}

impl ShadowLayer<Proxy> {
    /// Creates a layer whose shadow is the server with this scheme, host and port: `http://127.0.0.1:3000`.
    ///
    /// The shadow is a [`Proxy`] with default settings. For other settings, pass a `Proxy` to [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`Proxy::new`].
    pub fn to(origin: &str) -> Result<Self, OriginError> {
        Proxy::new(origin).map(Self::new)
    }
}

impl<T> ShadowLayer<T> {
    /// Creates a layer whose shadow is a service, for example a [`Proxy`] or an [`ApiRouter`](crate::ApiRouter).
    ///
    /// Reports speak of an old and a new server. A shadow that is a `Proxy` is the old one, and any other service is
    /// the new one; [`shadow_is_old`](Self::shadow_is_old) says otherwise.
    pub fn new(shadow: T) -> Self {
        Self { shadow, settings: Arc::new(ShadowSettings::new()) }
    }

    /// Sets the methods of the requests that are copied. Default: GET and HEAD, which are safe.
    ///
    /// The shadow executes a request of any other method a second time.
    pub fn methods(self, methods: impl IntoIterator<Item = Method>) -> Self {
        self.set(|settings| settings.methods = methods.into_iter().collect())
    }

    /// Sets the share of requests that are copied, from 0 to 1. They are chosen at random. Default: 1, all
    /// requests.
    ///
    /// # Panics
    ///
    /// Panics if it is not a number from 0 to 1. [`try_sample_rate`](Self::try_sample_rate) returns a `Result`.
    #[track_caller]
    pub fn sample_rate(self, rate: f64) -> Self {
        match self.try_sample_rate(rate) {
            Ok(layer) => layer,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the share of requests that are copied, as [`sample_rate`](Self::sample_rate) does.
    ///
    /// # Errors
    ///
    /// Returns an error if it is not a number from 0 to 1.
    pub fn try_sample_rate(self, rate: f64) -> Result<Self, SampleRateError> {
        if (0.0..=1.0).contains(&rate) {
            Ok(self.set(|settings| settings.rate = rate))
        } else {
            Err(SampleRateError { rate })
        }
    }

    /// Sets the largest number of copies in flight. Further requests are not copied, but counted as skipped.
    /// Default: 16.
    pub fn max_in_flight(self, copies: usize) -> Self {
        let copies = copies.min(Semaphore::MAX_PERMITS);
        self.set(|settings| settings.in_flight = Arc::new(Semaphore::new(copies)))
    }

    /// Sets the size limit of bodies, as text such as `"1mb"`. Default: `"1mb"`.
    ///
    /// A request with a larger body is not copied, and larger bodies of responses are not compared.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a [size](SizeLimit). [`body_limit_bytes`](Self::body_limit_bytes) takes a number.
    #[track_caller]
    pub fn body_limit(self, limit: &str) -> Self {
        self.body_limit_bytes(SizeLimit::new(limit).bytes())
    }

    /// Sets the size limit of bodies in bytes; see [`body_limit`](Self::body_limit).
    pub fn body_limit_bytes(self, limit: u64) -> Self {
        self.set(|settings| settings.body_limit = limit)
    }

    /// Sets the time limit of the shadow's response, and of the wait for the end of the client's response after it.
    /// Default: 30 seconds.
    pub fn timeout(self, time: Duration) -> Self {
        self.set(|settings| settings.timeout = time)
    }

    /// Sets whether reports call the shadow's response the old one. Default: `true` if the shadow is a [`Proxy`].
    pub fn shadow_is_old(self, is_old: bool) -> Self {
        self.set(|settings| settings.is_old = Some(is_old))
    }

    /// Sets how the responses are compared. Default: [`Comparison::new`].
    pub fn compare_by(self, comparison: Comparison) -> Self {
        self.set(|settings| settings.comparison = comparison)
    }

    /// Sets a function that is called with each report, including those of equal responses, for example for
    /// metrics. It runs in the task of the copy.
    ///
    /// ```
    /// use tower_api_routes::ShadowLayer;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let shadow = ShadowLayer::to("http://127.0.0.1:3000")?
    ///     .on_report(|report| if !report.differences.is_empty() { println!("{report}") });
    /// # Ok(()) }
    /// ```
    pub fn on_report(self, report: impl Fn(&ShadowReport) + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.on_report = Some(Arc::new(report)))
    }

    /// Returns the number of requests that were copied so far, by result.
    pub fn counts(&self) -> ShadowCounts {
        self.settings.counters.snapshot()
    }

    fn set(mut self, change: impl FnOnce(&mut ShadowSettings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<S, T: Clone> Layer<S> for ShadowLayer<T> {
    type Service = Shadow<S, T>;

    fn layer(&self, inner: S) -> Shadow<S, T> {
        Shadow::new(inner, self.shadow.clone(), Arc::clone(&self.settings))
    }
}

impl<T: fmt::Debug> fmt::Debug for ShadowLayer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShadowLayer")
            .field("shadow", &self.shadow)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// A sample rate that is not a number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleRateError {
    rate: f64,
}

impl fmt::Display for SampleRateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the sample rate {} is not a number from 0 to 1: write 0.1 for a tenth", self.rate)
    }
}

impl std::error::Error for SampleRateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_rate_is_from_0_to_1() {
        for rate in [-0.1, 1.1, 10.0, f64::NAN, f64::INFINITY] {
            let error = ShadowLayer::new(()).try_sample_rate(rate).unwrap_err();
            assert!(error.to_string().contains("write 0.1"), "{error}");
        }
    }
}
