//! The routes, bound to their places; built once.

use super::ResponseFuture;
use super::TrailingSlash;
use super::api_router::Parts;
use super::params::decodable;
use super::path::{Tidied, fully_tidy, is_tidy, tidy, without_trailing};
use super::pattern::Pattern;
use super::table::Table;
use crate::Result;
use crate::body::Body;
use crate::context::{Context, Matched, MatchedPath, MatchedRoute};
use crate::handler::{Answer, Binding, Endpoint};
use crate::request::Head;
use crate::rules::Rules;
use http::{Request, Response};
use std::sync::Arc;

pub(super) struct Frozen {
    table: Table,
    routes: Vec<Place>,
    fallback: Option<Endpoint>,
    /// For what the router answers itself.
    unrouted: Arc<Context>,
    trailing_slash: TrailingSlash,
    base_path: Box<str>,
}

struct Place {
    pattern: Pattern,
    has_params: bool,
    endpoint: Endpoint,
}

/// What a path leads to.
pub(super) enum Found<'a> {
    Route(&'a Endpoint, MatchedPath),
    /// The path is not tidy; `own` tells whether one of our routes would answer it if it were.
    Redirect {
        to: Box<str>,
        own: bool,
        last_slash: bool,
    },
    /// A route matches, and one of its parameters cannot be decoded.
    Malformed,
    Nothing,
}

impl Frozen {
    #[allow(clippy::expect_used)] // the tree has refused whatever matchit would, and a test compares them on thousands of sets
    pub(super) fn new(parts: &Parts) -> Self {
        let settings = Arc::new(parts.settings.clone());
        let binding = |route| Binding {
            inherited: parts.config.clone(),
            route,
            settings: Arc::clone(&settings),
            ..Binding::default()
        };
        let routes = parts.routes.iter().enumerate().map(|(id, route)| {
            let pattern = parts.tree.pattern(id).clone();
            let matched = Matched { name: MatchedRoute::new(pattern.as_str()), pattern: pattern.clone() };
            let has_params = pattern.segments().iter().any(|segment| segment.name().is_some());
            Place { pattern, has_params, endpoint: route.bind(binding(Some(matched))) }
        });
        Self {
            table: Table::new(&parts.tree).expect("every set of routes that the tree takes fits the table"),
            routes: routes.collect(),
            fallback: parts.fallback.as_ref().map(|route| route.bind(binding(None))),
            unrouted: binding(None).context(Rules::default()),
            trailing_slash: parts.trailing_slash,
            base_path: parts.base_path.clone(),
        }
    }

    /// An answer that no route gives: an error of it is the user's to word, like any other.
    pub(super) fn answer<B>(&self, request: &Request<B>, answer: Result<Response<Body>>) -> ResponseFuture {
        let head = Head::of_foreign(request, Arc::clone(&self.unrouted));
        ResponseFuture::answer(Answer::ready(answer, Arc::new(head)))
    }

    pub(super) fn fallback(&self) -> Option<&Endpoint> {
        self.fallback.as_ref()
    }

    pub(super) fn find(&self, raw: &str) -> Found<'_> {
        let mut resolved = None;
        if !is_tidy(raw, self.trailing_slash) {
            match tidy(raw, self.trailing_slash) {
                Tidied::Clean => {}
                Tidied::Resolved(path) => resolved = Some(path),
                Tidied::Redirect(to) => return self.redirect(raw, to, false),
                Tidied::LastSlash(to) => return self.redirect(raw, to, true),
            }
        }
        let Some((place, path)) = self.place(resolved.as_deref().unwrap_or(raw)) else {
            return Found::Nothing;
        };
        if place.has_params && !decodable(&place.pattern, path) {
            return Found::Malformed;
        }
        Found::Route(&place.endpoint, MatchedPath { base: self.base_path.len(), resolved })
    }

    fn redirect(&self, raw: &str, to: Box<str>, last_slash: bool) -> Found<'_> {
        let end = fully_tidy(raw, self.trailing_slash);
        let own = self.place(end.as_deref().unwrap_or(raw)).is_some();
        Found::Redirect { to, own, last_slash }
    }

    pub(super) fn route_for(&self, raw: &str) -> Option<&str> {
        let place = if is_tidy(raw, self.trailing_slash) {
            self.place(raw)?.0
        } else {
            match tidy(raw, self.trailing_slash) {
                Tidied::Clean => self.place(raw)?.0,
                Tidied::Resolved(path) => self.place(&path)?.0,
                Tidied::Redirect(_) | Tidied::LastSlash(_) => return None,
            }
        };
        Some(place.pattern.as_str())
    }

    /// The route for a tidy path, and the path without base and last slash.
    fn place<'a>(&self, path: &'a str) -> Option<(&Place, &'a str)> {
        let path = match &*self.base_path {
            "" => path,
            base => match path.strip_prefix(base)? {
                "" => "/",
                path if path.starts_with('/') => path,
                _ => return None,
            },
        };
        let path = without_trailing(path);
        let id = self.table.find(path)?;
        Some((&self.routes[id], path))
    }
}
