//! The routes of a router, built once.

use super::own::{Own, OwnEndpoint};
use super::parts::Parts;
use crate::body::{Body, BoxError};
use crate::config::Rules;
use crate::context::{Matched, RouteContext};
use crate::handler::{Binding, Endpoint, RouteFuture, with_cors};
use crate::routing::params::decodable;
use crate::routing::{
    MatchedPath, MatchedRoute, Matcher, Normalized, Pattern, TrailingSlash, fully_normalize, is_normalized,
    normalize, without_trailing,
};
use bytes::Buf;
use http::Request;
use std::sync::Arc;

/// The routes of a router, ready to match and to call.
pub(super) struct Built {
    matcher: Matcher,
    routes: Vec<BuiltRoute>,
    /// Sorted by prefix, the longest one first.
    fallbacks: Vec<(Option<Pattern>, Arc<dyn Endpoint>)>,
    /// The context of the router's own responses.
    unrouted: Arc<RouteContext>,
    /// Sends the router's own responses through its layers and its CORS, if it has any.
    layered: Option<Arc<dyn Endpoint>>,
    trailing_slash: TrailingSlash,
    base_path: Box<str>,
}

struct BuiltRoute {
    pattern: Pattern,
    has_params: bool,
    endpoint: Arc<dyn Endpoint>,
}

/// The result of looking up a path.
pub(super) enum Found<'a> {
    Endpoint(&'a Arc<dyn Endpoint>, MatchedPath),
    /// A response of the router itself. `matches` tells whether a route matches the path: one with a malformed
    /// parameter, or one that matches the normalized path.
    Own {
        own: Own,
        matches: bool,
    },
}

impl Built {
    #[allow(clippy::expect_used)] // the tree rejects what matchit rejects; a test compares both on thousands of sets
    pub(super) fn new(parts: &Parts) -> Self {
        let settings = Arc::new(parts.settings.clone());
        let binding = |route| Binding {
            inherited: parts.config.clone(),
            route,
            settings: Arc::clone(&settings),
            ..Binding::default()
        };
        let routes = parts.routes.iter().enumerate().map(|(id, entry)| {
            let pattern = parts.tree.pattern(id).clone();
            let matched = Matched { name: MatchedRoute::new(pattern.as_str()), pattern: pattern.clone() };
            let has_params = pattern.segments().iter().any(|segment| segment.name().is_some());
            BuiltRoute { pattern, has_params, endpoint: entry.bind(binding(Some(matched))) }
        });
        let fallbacks = parts.fallbacks.iter();
        let mut fallbacks: Vec<_> =
            fallbacks.map(|fallback| (fallback.prefix.clone(), fallback.entry.bind(binding(None)))).collect();
        let length = |prefix: &Pattern| prefix.segments().len();
        fallbacks.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.as_ref().map_or(0, length)));
        let unrouted = binding(None).context(Rules::UNSET);
        Self {
            matcher: Matcher::new(&parts.tree)
                .expect("every set of routes that the tree takes fits the table"),
            routes: routes.collect(),
            fallbacks,
            layered: layered(parts, &unrouted, &binding(None)),
            unrouted,
            trailing_slash: parts.trailing_slash.unwrap_or_default(),
            base_path: parts.base_path.clone().unwrap_or_default(),
        }
    }

    /// Sends one of the router's own responses. If it is an error, it passes through the hooks like any other.
    pub(super) fn respond<B>(&self, own: Own, mut request: Request<B>) -> RouteFuture
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        match &self.layered {
            None => own.respond(&request, &self.unrouted),
            Some(endpoint) => {
                request.extensions_mut().insert(own);
                Arc::clone(endpoint).call(request.map(Body::new), MatchedPath::default())
            }
        }
    }

    /// Returns the fallback for a path that no route matches.
    pub(super) fn fallback(&self, raw: &str) -> Option<&Arc<dyn Endpoint>> {
        let find = |path: Option<&str>| {
            self.fallbacks.iter().find(|(prefix, _)| match prefix {
                None => true,
                Some(prefix) => path.is_some_and(|path| prefix.is_prefix_of(path)),
            })
        };
        match &*self.fallbacks {
            [] => None,
            [(None, endpoint)] => Some(endpoint),
            _ => {
                let normalized = fully_normalize(raw, self.trailing_slash);
                find(self.without_base(normalized.as_deref().unwrap_or(raw))).map(|(_, endpoint)| endpoint)
            }
        }
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
            return Found::Own { own: Own::NotFound, matches: false };
        };
        if route.has_params && !decodable(&route.pattern, path) {
            return Found::Own { own: Own::Malformed, matches: true };
        }
        Found::Endpoint(&route.endpoint, MatchedPath { base: self.base_path.len(), resolved })
    }

    fn redirect(&self, raw: &str, to: Box<str>, trailing_only: bool) -> Found<'_> {
        let end = fully_normalize(raw, self.trailing_slash);
        let matches = self.match_path(end.as_deref().unwrap_or(raw)).is_some();
        Found::Own { own: Own::Redirect { to, trailing_only }, matches }
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

    /// Returns the route for a normalized path, and the path without the base path and its trailing slash.
    fn match_path<'a>(&self, path: &'a str) -> Option<(&BuiltRoute, &'a str)> {
        let path = self.without_base(path)?;
        let id = self.matcher.find(path)?;
        Some((&self.routes[id], path))
    }

    fn without_base<'a>(&self, path: &'a str) -> Option<&'a str> {
        let path = match &*self.base_path {
            "" => path,
            base => match path.strip_prefix(base)? {
                "" => "/",
                path if path.starts_with('/') => path,
                _ => return None,
            },
        };
        Some(without_trailing(path))
    }
}

/// Wraps the router's own responses in its CORS and its layers.
fn layered(parts: &Parts, unrouted: &Arc<RouteContext>, binding: &Binding) -> Option<Arc<dyn Endpoint>> {
    if parts.layers.is_empty() && !parts.config.has_cors() {
        return None;
    }
    let endpoint = with_cors(Arc::new(OwnEndpoint { context: Arc::clone(unrouted) }), binding);
    Some(parts.layers.iter().fold(endpoint, |endpoint, layer| layer.layer(endpoint, binding, None)))
}
