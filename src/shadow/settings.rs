//! The settings of a shadow, and its sample.

use super::report::Counters;
use super::{Comparison, ShadowReport};
use http::Method;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

type OnReport = dyn Fn(&ShadowReport) + Send + Sync;

/// The settings of a shadow.
#[derive(Clone)]
pub(super) struct ShadowSettings {
    pub(super) methods: Vec<Method>,
    pub(super) rate: f64,
    /// Whether the shadow is the old server. `None`: if it is a proxy.
    pub(super) is_old: Option<bool>,
    pub(super) in_flight: Arc<Semaphore>,
    pub(super) body_limit: u64,
    pub(super) timeout: Duration,
    pub(super) comparison: Comparison,
    pub(super) on_report: Option<Arc<OnReport>>,
    pub(super) counters: Arc<Counters>,
    sampler: Arc<(RandomState, AtomicU64)>,
}

impl ShadowSettings {
    /// Creates the default settings.
    pub(super) fn new() -> Self {
        Self {
            methods: vec![Method::GET, Method::HEAD],
            rate: 1.0,
            is_old: None,
            in_flight: Arc::new(Semaphore::new(16)),
            body_limit: 1024 * 1024,
            timeout: Duration::from_secs(30),
            comparison: Comparison::new(),
            on_report: None,
            counters: Arc::default(),
            sampler: Arc::default(),
        }
    }

    /// Returns whether a request with this method is to be copied.
    pub(super) fn takes(&self, method: &Method) -> bool {
        self.methods.contains(method) && (self.rate >= 1.0 || self.is_in_sample())
    }

    fn is_in_sample(&self) -> bool {
        if self.rate <= 0.0 {
            return false;
        }
        let (hasher, counter) = &*self.sampler;
        let hash = hasher.hash_one(counter.fetch_add(1, Ordering::Relaxed));
        let number = u32::try_from(hash >> 32).unwrap_or_default();
        f64::from(number) < self.rate * (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_has_the_requested_share() {
        for (rate, low, high) in [(0.0, 0, 0), (0.1, 800, 1200), (0.5, 4700, 5300), (1.0, 10_000, 10_000)] {
            let settings = ShadowSettings { rate, ..ShadowSettings::new() };
            let taken = (0..10_000).filter(|_| settings.takes(&Method::GET)).count();
            assert!((low..=high).contains(&taken), "{rate}: {taken}");
        }
    }

    #[test]
    fn only_the_chosen_methods_are_copied() {
        let settings = ShadowSettings::new();
        let taken = |settings: &ShadowSettings, method| settings.takes(&method);
        assert!(
            taken(&settings, Method::GET)
                && taken(&settings, Method::HEAD)
                && !taken(&settings, Method::POST)
        );
        let settings = ShadowSettings { methods: vec![Method::POST], ..settings };
        assert!(!taken(&settings, Method::GET) && taken(&settings, Method::POST));
    }
}
