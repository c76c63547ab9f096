//! The routes of a router, bound to it; built once.

use super::api_router::Parts;
use crate::body::Body;
use crate::config::Resolved;
use crate::context::{Matched, RequestHead, RouteContext};
use crate::handler::{Binding, Endpoint, RouteFuture};
use crate::response::Result;
use crate::routing::params::decodable;
use crate::routing::{
    MatchedPath, MatchedRoute, Matcher, Normalized, Pattern, TrailingSlash, fully_normalize, is_normalized,
    normalize, without_trailing,
};
use http::{Request, Response};
use std::sync::Arc;

/// A router's routes, bound and ready to match.
pub(super) struct Built {
    matcher: Matcher,
    routes: Vec<BuiltRoute>,
    fallback: Option<Endpoint>,
    /// The context of the router's own responses.
    unrouted: Arc<RouteContext>,
    trailing_slash: TrailingSlash,
    base_path: Box<str>,
}

struct BuiltRoute {
    pattern: Pattern,
    has_params: bool,
    endpoint: Endpoint,
}

/// What a path leads to.
pub(super) enum Found<'a> {
    Route(&'a Endpoint, MatchedPath),
    /// The path is not normalized. `own` says whether a route of this router matches the normalized one.
    Redirect {
        to: Box<str>,
        own: bool,
        trailing_only: bool,
    },
    /// A route matches, and one of its parameters cannot be decoded.
    Malformed,
    Nothing,
}

impl Built {
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
            BuiltRoute { pattern, has_params, endpoint: route.bind(binding(Some(matched))) }
        });
        Self {
            matcher: Matcher::new(&parts.tree)
                .expect("every set of routes that the tree takes fits the table"),
            routes: routes.collect(),
            fallback: parts.fallback.as_ref().map(|route| route.bind(binding(None))),
            unrouted: binding(None).context(Resolved::default()),
            trailing_slash: parts.trailing_slash,
            base_path: parts.base_path.clone(),
        }
    }

    /// An answer that no route gives: an error of it is the user's to word, like any other.
    pub(super) fn answer<B>(&self, request: &Request<B>, answer: Result<Response<Body>>) -> RouteFuture {
        let head = RequestHead::for_service(request, Arc::clone(&self.unrouted));
        RouteFuture::ready(answer, Arc::new(head))
    }

    pub(super) fn fallback(&self) -> Option<&Endpoint> {
        self.fallback.as_ref()
    }

    pub(super) fn find(&self, raw: &str) -> Found<'_> {
        let mut resolved = None;
        if !is_normalized(raw, self.trailing_slash) {
            match normalize(raw, self.trailing_slash) {
                Normalized::Unchanged => {}
                Normalized::Rewritten(path) => resolved = Some(path),
                Normalized::Redirect(to) => return self.redirect(raw, to, false),
                Normalized::TrailingSlash(to) => return self.redirect(raw, to, true),
            }
        }
        let Some((route, path)) = self.match_path(resolved.as_deref().unwrap_or(raw)) else {
            return Found::Nothing;
        };
        if route.has_params && !decodable(&route.pattern, path) {
            return Found::Malformed;
        }
        Found::Route(&route.endpoint, MatchedPath { base: self.base_path.len(), resolved })
    }

    fn redirect(&self, raw: &str, to: Box<str>, trailing_only: bool) -> Found<'_> {
        let end = fully_normalize(raw, self.trailing_slash);
        let own = self.match_path(end.as_deref().unwrap_or(raw)).is_some();
        Found::Redirect { to, own, trailing_only }
    }

    pub(super) fn route_for(&self, raw: &str) -> Option<&str> {
        let route = if is_normalized(raw, self.trailing_slash) {
            self.match_path(raw)?.0
        } else {
            match normalize(raw, self.trailing_slash) {
                Normalized::Unchanged => self.match_path(raw)?.0,
                Normalized::Rewritten(path) => self.match_path(&path)?.0,
                Normalized::Redirect(_) | Normalized::TrailingSlash(_) => return None,
            }
        };
        Some(route.pattern.as_str())
    }

    /// The route for a tidy path, and the path without base and last slash.
    fn match_path<'a>(&self, path: &'a str) -> Option<(&BuiltRoute, &'a str)> {
        let path = match &*self.base_path {
            "" => path,
            base => match path.strip_prefix(base)? {
                "" => "/",
                path if path.starts_with('/') => path,
                _ => return None,
            },
        };
        let path = without_trailing(path);
        let id = self.matcher.find(path)?;
        Some((&self.routes[id], path))
    }
}
