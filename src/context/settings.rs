//! The settings that a router has for all of its routes.

use super::Hooks;
use crate::error::Error;
use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

/// The state, hooks and clients of a router.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    state: Vec<(TypeId, Arc<dyn Any + Send + Sync>)>,
    pub(crate) hooks: Hooks,
    /// Whether each response has its matched route in its extensions.
    pub(crate) expose_matched_route: Option<bool>,
    #[cfg(feature = "draft")]
    pub(crate) preview: Option<crate::draft::PreviewProps>,
    #[cfg(feature = "session")]
    pub(crate) sessions: Option<Arc<crate::session::Store>>,
    #[cfg(feature = "revalidate")]
    pub(crate) revalidator: Option<Arc<dyn crate::revalidate::Revalidator>>,
}

impl Settings {
    pub(crate) fn set_state<T: Send + Sync + 'static>(&mut self, value: T) {
        let id = TypeId::of::<T>();
        self.state.retain(|(known, _)| *known != id);
        self.state.push((id, Arc::new(value)));
    }

    /// Merges the settings of two routers: each is that of `self` if it is set, and that of `outer` otherwise. State is
    /// merged by type; of the hooks see [`Hooks::or`].
    pub(crate) fn or(mut self, outer: &Self) -> Self {
        for (id, value) in &outer.state {
            if self.state.iter().all(|(known, _)| known != id) {
                self.state.push((*id, Arc::clone(value)));
            }
        }
        self.hooks = self.hooks.or(&outer.hooks);
        self.expose_matched_route = self.expose_matched_route.or(outer.expose_matched_route);
        #[cfg(feature = "draft")]
        {
            self.preview = self.preview.or_else(|| outer.preview.clone());
        }
        #[cfg(feature = "session")]
        {
            self.sessions = self.sessions.or_else(|| outer.sessions.clone());
        }
        #[cfg(feature = "revalidate")]
        {
            self.revalidator = self.revalidator.or_else(|| outer.revalidator.clone());
        }
        self
    }

    /// Returns the same settings with the hooks of a route in front of these.
    pub(crate) fn inside(&self, hooks: &Hooks) -> Self {
        Self { hooks: hooks.clone().or(&self.hooks), ..self.clone() }
    }

    pub(crate) fn exposes_matched_route(&self) -> bool {
        self.expose_matched_route.unwrap_or(false)
    }

    #[cfg(feature = "session")]
    pub(crate) fn sessions(&self) -> Result<&Arc<crate::session::Store>, Error> {
        self.sessions.as_ref().ok_or_else(|| {
            Error::internal(
                "the router has no sessions: give it the secret of the Next.js app with `.sessions(Sessions::next_auth(secret)?)`",
            )
        })
    }

    /// Returns the value of this type, or the one in an `Arc` of this type.
    pub(crate) fn find_state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.state_of_type().or_else(|| self.state_of_type::<Arc<T>>().map(|shared| &**shared))
    }

    fn state_of_type<T: Send + Sync + 'static>(&self) -> Option<&T> {
        let found = self.state.iter().find(|(id, _)| *id == TypeId::of::<T>());
        found.and_then(|(_, value)| value.downcast_ref())
    }

    pub(crate) fn state<T: Send + Sync + 'static>(&self) -> Result<&T, Error> {
        self.find_state().ok_or_else(|| {
            Error::internal(format!(
                "there is no state of the type `{0}`: add it to the router with `.state(value)`",
                type_name::<T>()
            ))
        })
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("state", &self.state.len()).finish_non_exhaustive()
    }
}
