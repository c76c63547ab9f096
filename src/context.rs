//! What a request meets in one route: its pattern, its configuration, and what the router holds for all routes.

use crate::router::{Pattern, params};
use crate::rules::Rules;
use crate::{Error, ErrorContext};
use http::Extensions;
use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

/// The pattern of the route that answered, in bracket form, in the extensions of the response (and of a request that goes
/// to a foreign service): what belongs in `http.route` and in the labels of a metric.
///
/// ```
/// use tower::ServiceExt as _;
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, MatchedRoute, Result};
///
/// async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let api = ApiRouter::new().route("/api/post/[pid]", show);
/// let request = http::Request::get("/api/post/42").body(Body::empty()).unwrap();
/// let response = api.oneshot(request).await.unwrap();
/// assert_eq!(response.extensions().get::<MatchedRoute>().unwrap().as_str(), "/api/post/[pid]");
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MatchedRoute(Arc<str>);

impl MatchedRoute {
    pub(crate) fn new(pattern: &str) -> Self {
        Self(pattern.into())
    }

    /// The pattern, such as `/api/post/[pid]`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MatchedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MatchedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MatchedRoute({})", self.0)
    }
}

/// One route as a handler sees it, frozen with the table.
#[derive(Debug)]
pub(crate) struct Context {
    /// None in a fallback, and for a handler that stands outside a router.
    pub(crate) route: Option<Matched>,
    pub(crate) rules: Rules,
    pub(crate) settings: Arc<Settings>,
    /// What an answer's extensions tell: the route.
    recorded: Extensions,
}

#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) name: MatchedRoute,
    pub(crate) pattern: Pattern,
}

impl Context {
    pub(crate) fn new(route: Option<Matched>, rules: Rules, settings: Arc<Settings>) -> Arc<Self> {
        let mut recorded = Extensions::new();
        if let Some(route) = &route {
            recorded.insert(route.name.clone());
        }
        Arc::new(Self { route, rules, settings, recorded })
    }

    /// Writes the route into the extensions of an answer.
    pub(crate) fn record(&self, extensions: &mut Extensions) {
        if extensions.is_empty() {
            // 100 instructions less than to make room for a first entry.
            extensions.clone_from(&self.recorded);
        } else if let Some(route) = &self.route {
            extensions.insert(route.name.clone());
        }
    }

    pub(crate) fn route_name(&self) -> Option<&str> {
        self.route.as_ref().map(|route| route.name.as_str())
    }

    /// The route's parameters in this path, still encoded.
    pub(crate) fn params<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, params::Raw<'a>)> {
        self.route.iter().flat_map(move |route| params::cut(&route.pattern, path))
    }
}

/// What the router holds for all of its routes.
#[derive(Clone, Default)]
pub(crate) struct Settings {
    state: Vec<(TypeId, Arc<dyn Any + Send + Sync>)>,
    pub(crate) map_error: Option<Arc<MapError>>,
    pub(crate) on_error: Option<Arc<OnError>>,
    #[cfg(feature = "draft")]
    pub(crate) preview: Option<crate::PreviewProps>,
    #[cfg(feature = "revalidate")]
    pub(crate) revalidator: Option<Arc<dyn crate::Revalidator>>,
}

pub(crate) type MapError = dyn Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync;
pub(crate) type OnError = dyn Fn(&Error, &ErrorContext<'_>) + Send + Sync;

impl Settings {
    pub(crate) fn set_state<T: Send + Sync + 'static>(&mut self, value: T) {
        let id = TypeId::of::<T>();
        self.state.retain(|(known, _)| *known != id);
        self.state.push((id, Arc::new(value)));
    }

    pub(crate) fn state<T: Send + Sync + 'static>(&self) -> Result<&T, Error> {
        let found = self.state.iter().find(|(id, _)| *id == TypeId::of::<T>());
        found.and_then(|(_, value)| value.downcast_ref()).ok_or_else(|| {
            Error::internal(format!(
                "no state of the type `{0}`: give it to the router with `.state(value)`",
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

/// The path that was matched: the request's own, less a base path, or one whose dot segments were resolved.
#[derive(Clone, Debug, Default)]
pub(crate) struct MatchedPath {
    pub(crate) base: usize,
    pub(crate) resolved: Option<Box<str>>,
}

impl MatchedPath {
    pub(crate) fn of<'a>(&'a self, raw: &'a str) -> &'a str {
        let path = self.resolved.as_deref().unwrap_or(raw);
        match path.get(self.base..) {
            Some("") | None => "/",
            Some(path) => crate::router::without_trailing(path),
        }
    }
}

/// In the extensions of a request that goes through a foreign service: what a handler inside finds again.
#[derive(Clone, Debug)]
pub(crate) struct Carried {
    pub(crate) context: Arc<Context>,
    pub(crate) path: MatchedPath,
}
