//! What a router, a route or a folder of files does about errors.

use crate::error::{Error, ErrorContext, caught};
use crate::log;
use std::error;
use std::fmt;
use std::sync::Arc;

type MapError = dyn Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync;
type MapErrorOf = dyn Fn(&Error, &ErrorContext<'_>) -> Option<Error> + Send + Sync;
type OnError = dyn Fn(&Error, &ErrorContext<'_>) + Send + Sync;

/// The functions that see and convert errors.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    map_error: Option<Arc<MapError>>,
    /// The nearest one first.
    map_error_of: Vec<Arc<MapErrorOf>>,
    /// The nearest one first.
    on_error: Vec<Arc<OnError>>,
}

impl Hooks {
    pub(crate) fn set_map_error<F>(&mut self, map: F)
    where
        F: Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.map_error = Some(Arc::new(map));
    }

    pub(crate) fn add_map_error_of<E, F>(&mut self, map: F)
    where
        E: error::Error + 'static,
        F: Fn(&E, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.map_error_of.push(Arc::new(move |error, context| Some(map(error.find()?, context))));
    }

    pub(crate) fn add_on_error<F>(&mut self, look: F)
    where
        F: Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static,
    {
        self.on_error.push(Arc::new(look));
    }

    /// Adds the hooks of what stands around. The nearest `map_error` is the one that acts.
    pub(crate) fn or(mut self, outer: &Self) -> Self {
        self.map_error = self.map_error.or_else(|| outer.map_error.clone());
        self.map_error_of.extend_from_slice(&outer.map_error_of);
        self.on_error.extend_from_slice(&outer.on_error);
        self
    }

    pub(crate) fn are_set(&self) -> bool {
        self.map_error.is_some() || !self.map_error_of.is_empty() || !self.on_error.is_empty()
    }

    /// Passes an error to each `on_error`. A panic there is logged, and does not affect the response.
    pub(crate) fn show(&self, error: &Error, context: &ErrorContext<'_>) {
        for look in &self.on_error {
            if let Err(panic) = caught(|| look(error, context)) {
                log::internal_error(&panic, context.into());
            }
        }
    }

    /// Converts an error: first by its type, then by `map_error`.
    pub(crate) fn map(&self, error: Error, context: &ErrorContext<'_>) -> Error {
        let by_type = || self.map_error_of.iter().find_map(|map| map(&error, context));
        let error = match error.is_open().then(by_type).flatten() {
            Some(new) => error.replaced_by(new),
            None => error,
        };
        match &self.map_error {
            Some(map) => error.mapped(|error| map(error, context)),
            None => error,
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}
