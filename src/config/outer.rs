//! What layers and routers pass on to what stands inside of them.

use super::Rules;
use http::Extensions;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8};
use tokio::time::Instant;

/// The settings of the layers and routers around a service, in the extensions of a request.
///
/// It is there only if one of them has set something, since an entry takes allocations. A route that finds it tells its
/// matched route in the response's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outer {
    /// The settings of all of them, the nearer ones first. A deadline is not among them: it is `end`, or the router's.
    pub(crate) rules: Rules,
    /// The earliest deadline of the layers. Whatever stands inside has to end by then.
    pub(crate) end: Option<Instant>,
    claims: Option<Arc<Claims>>,
}

/// What applies to the request of one route: its own settings with those around it, and the earliest deadline of the
/// layers around.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InForce {
    pub(crate) rules: Rules,
    pub(crate) end: Option<Instant>,
}

impl Outer {
    pub(crate) fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Returns the settings for editing.
    pub(crate) fn of_mut(extensions: &mut Extensions) -> &mut Self {
        extensions.get_or_insert_default()
    }

    /// Adds the settings of a layer to the extensions of a request.
    pub(crate) fn add_to<'a>(extensions: &'a mut Extensions, rules: &Rules) -> &'a mut Self {
        let mut is_first = false;
        let outer = extensions.get_or_insert_with(|| {
            is_first = true;
            Self { rules: Rules { max_duration: None, ..*rules }, end: None, claims: None }
        });
        // Where nothing was set before, there is nothing to merge.
        if !is_first {
            outer.add(rules);
        }
        outer
    }

    /// Adds the settings of a layer or a router, which are nearer than those that are there.
    pub(crate) fn add(&mut self, rules: &Rules) {
        if rules.response_limit.is_some() {
            self.claim_response_limit();
        }
        if let Some(enforce) = rules.enforce_response_limit {
            self.claim_enforcement(enforce);
        }
        self.rules = rules.or(self.rules);
        self.rules.max_duration = None;
    }

    /// Adds the deadline of a layer.
    pub(crate) fn end_by(&mut self, end: Instant) {
        self.claim_deadline();
        self.end = Some(self.end.map_or(end, |outer| outer.min(end)));
    }

    /// Replaces the default deadlines of the routers around.
    pub(crate) fn claim_deadline(&self) {
        self.claim(|claims| claims.deadline.store(true, Relaxed));
    }

    /// Replaces the default response limits of the routers and layers around.
    pub(crate) fn claim_response_limit(&self) {
        self.claim(|claims| claims.response_limit.store(true, Relaxed));
    }

    /// Replaces whether the default response limits of the routers and layers around are enforced.
    pub(crate) fn claim_enforcement(&self, enforce: bool) {
        let value = if enforce { Claims::ENFORCED } else { Claims::NOT_ENFORCED };
        self.claim(|claims| claims.enforcement.store(value, Relaxed));
    }

    fn claim(&self, set: impl Fn(&Claims)) {
        let mut next = self.claims.as_deref();
        while let Some(claims) = next {
            set(claims);
            next = claims.outer.as_deref();
        }
    }

    /// Returns what will tell the caller which of its defaults are replaced by what stands inside.
    pub(crate) fn watch(&mut self) -> Arc<Claims> {
        let claims = Arc::new(Claims { outer: self.claims.take(), ..Claims::default() });
        self.claims = Some(Arc::clone(&claims));
        claims
    }
}

/// Which defaults of a router or a layer are replaced, in one request, by what stands inside.
#[derive(Debug, Default)]
pub(crate) struct Claims {
    // `Relaxed` suffices: the task that calls what stands inside reads them, after the call.
    deadline: AtomicBool,
    response_limit: AtomicBool,
    /// Whether the limit is enforced, by the innermost setting.
    enforcement: AtomicU8,
    /// Those of the next router or layer further out.
    outer: Option<Arc<Self>>,
}

impl Claims {
    const NOT_ENFORCED: u8 = 1;
    const ENFORCED: u8 = 2;

    pub(crate) fn deadline(&self) -> bool {
        self.deadline.load(Relaxed)
    }

    pub(crate) fn response_limit(&self) -> bool {
        self.response_limit.load(Relaxed)
    }

    pub(crate) fn enforces_response_limit(&self) -> Option<bool> {
        match self.enforcement.load(Relaxed) {
            Self::NOT_ENFORCED => Some(false),
            Self::ENFORCED => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::size::SizeLimit;
    use std::time::Duration;

    #[test]
    fn inner_setting_overrides_outer_defaults() {
        let mut outer = Outer::default();
        let far = outer.watch();
        outer.add(&Rules { etag: Some(false), ..Rules::UNSET });
        let near = outer.watch();
        assert!(!far.deadline() && !near.response_limit());
        outer.claim_deadline();
        assert!(far.deadline() && near.deadline() && !near.response_limit());
        outer.add(&Rules { response_limit: Some(None), ..Rules::UNSET });
        assert!(near.response_limit() && far.response_limit());
        assert_eq!(near.enforces_response_limit(), None);
        outer.add(&Rules { enforce_response_limit: Some(true), ..Rules::UNSET });
        assert_eq!(far.enforces_response_limit(), Some(true));
        outer.add(&Rules { enforce_response_limit: Some(false), ..Rules::UNSET });
        assert_eq!(far.enforces_response_limit(), Some(false), "the innermost one counts");
        assert_eq!((outer.rules.etag, outer.rules.response_limit), (Some(false), Some(None)));
    }

    #[test]
    fn a_default_replaces_those_further_out_only() {
        let mut outer = Outer::default();
        let far = outer.watch();
        outer.add(&Rules { response_limit: Some(Some(SizeLimit::new("1kb"))), ..Rules::UNSET });
        let near = outer.watch();
        assert!(far.response_limit() && !near.response_limit());
    }

    #[tokio::test(start_paused = true)]
    async fn the_earliest_end_counts() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        for ends in [[1, 2, 3], [3, 2, 1], [2, 1, 3]] {
            let mut outer = Outer::default();
            for end in ends {
                outer.end_by(now + second * end);
            }
            assert_eq!(outer.end, Some(now + second), "{ends:?}");
        }
    }
}
