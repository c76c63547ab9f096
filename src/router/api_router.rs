use super::built::Built;
use super::parts::{Entry, Fallback, Parts};
use super::{RouteInfo, Routes};
use crate::config::RouteConfig;
use crate::handler::IntoRoute;
use crate::log;
use crate::routing::{Pattern, RouteError, TrailingSlash};
use http::Uri;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The routes of an API, as a tower service.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, methods};
///
/// async fn list(_req: ApiRequest, res: ApiResponse) -> Result { res.json(&["first"]) }
/// async fn create(_req: ApiRequest, res: ApiResponse) -> Result { res.status(201).end() }
/// async fn show(req: ApiRequest, res: ApiResponse) -> Result { res.json(&req.query().get("pid")) }
///
/// let api = ApiRouter::new()
///     .route("/api/post", methods().get(list).post(create))
///     .route("/api/post/[pid]", show);
///
/// assert_eq!(api.route_for(&"/api/post/42".parse().unwrap()), Some("/api/post/[pid]"));
/// ```
///
/// The response to a request that no route matches is a 404, or that of the [`fallback`](Self::fallback). A path that
/// is not normalized (`/api/hello/`, `//api//hello`) is redirected to the normalized one with a 308.
///
/// Routes are checked when they are registered. The routing table is built once, at the first request, and all clones
/// share it.
#[derive(Clone, Default)]
#[must_use]
pub struct ApiRouter {
    pub(super) shared: Arc<Shared>,
}

#[derive(Default)]
pub(super) struct Shared {
    pub(super) parts: Parts,
    built: OnceLock<Built>,
}

/// Clones the settings only: a router that is changed after a clone builds its table again.
impl Clone for Shared {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), built: OnceLock::new() }
    }
}

impl ApiRouter {
    /// Creates a router without routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a route: a handler, [`methods()`](crate::methods), or any tower service for a path or a pattern of paths.
    ///
    /// | pattern | matches | parameters |
    /// | --- | --- | --- |
    /// | `/api/hello` | itself | |
    /// | `/api/post/[pid]` | `/api/post/1` | `pid`: `"1"` |
    /// | `/api/post/[...slug]` | `/api/post/a/b`, not `/api/post` | `slug`: `["a", "b"]` |
    /// | `/api/post/[[...slug]]` | `/api/post/a/b` and `/api/post` | `slug`: `["a", "b"]`, or none |
    ///
    /// At every level a static segment is tried first, then a parameter, then a catch-all.
    ///
    /// A literal matches its percent-encoded form too: `/api/café` and `/api/{x}` match `/api/caf%C3%A9` and
    /// `/api/%7Bx%7D`. A literal that looks like the parameter of another router (`/api/{id}`, `/api/:id`,
    /// `/api/*rest`) logs a warning that says what to write, such as `/api/[id]`.
    ///
    /// # Panics
    ///
    /// Panics if the route is not valid, or contradicts an earlier one. The message says what to change.
    /// [`try_route`](Self::try_route) returns a `Result`.
    ///
    /// Source:
    /// [dynamic API routes](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#dynamic-api-routes).
    #[track_caller]
    pub fn route<M>(self, pattern: &str, handler: impl IntoRoute<M>) -> Self {
        RouteError::or_panic(self.try_route(pattern, handler))
    }

    /// Adds a route, as [`route`](Self::route) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the route is not valid, or contradicts an earlier one.
    pub fn try_route<M>(mut self, pattern: &str, handler: impl IntoRoute<M>) -> Result<Self, RouteError> {
        let pattern = parse(pattern)?;
        let parts = self.parts_mut();
        parts.add_route(pattern, Entry::new(handler.make_route(), &parts.layers))?;
        Ok(self)
    }

    /// Sets what responds to requests that no route matches, in place of the 404.
    ///
    /// It also gets a path that is not normalized, unless a route matches the normalized path.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    ///
    /// async fn not_found(req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.status(404).json(&serde_json::json!({ "missing": req.uri().path() }))
    /// }
    ///
    /// let api = ApiRouter::new().fallback(not_found);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the router has a fallback already, or if the handler takes a parsed body and the body parser is off.
    #[track_caller]
    pub fn fallback<M>(mut self, handler: impl IntoRoute<M>) -> Self {
        let parts = self.parts_mut();
        let entry = Entry::new(handler.make_route(), &parts.layers);
        RouteError::or_panic(parts.add_fallback(Fallback { prefix: None, entry }));
        self
    }

    /// Sets the configuration of all routes. A route's own configuration overrides it, field by field.
    ///
    /// ```
    /// use tower_api_routes::{ApiRouter, RouteConfig};
    ///
    /// let api = ApiRouter::new().config(RouteConfig::new().size_limit("500kb").max_duration_secs(10));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if it turns the body parser off and a handler takes a parsed body.
    #[track_caller]
    pub fn config(mut self, config: RouteConfig) -> Self {
        let parts = self.parts_mut();
        parts.config = config.or(&parts.config);
        RouteError::or_panic(parts.check());
        self
    }

    /// Shares a value with all handlers, which get it by its type with [`ApiRequest::state`](crate::ApiRequest::state).
    ///
    /// A second value of the same type replaces the first one. An `Arc` that another part of the program has, too, is found
    /// by the type of its value.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    ///
    /// struct Database { url: String }
    ///
    /// async fn status(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let database = req.state::<Database>()?;
    ///     res.json(&database.url)
    /// }
    ///
    /// let api = ApiRouter::new()
    ///     .state(Database { url: "sqlite::memory:".into() })
    ///     .route("/api/status", status);
    /// ```
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.parts_mut().settings.set_state(value);
        self
    }

    /// Sets whether each response has its [`MatchedRoute`](crate::MatchedRoute) in its extensions, for example for a
    /// metric outside the router. Default: `false`, because it takes allocations for each response.
    ///
    /// Inside the router a layer finds it in the extensions of the *request*, with or without this setting.
    ///
    /// ```
    /// use tower::ServiceExt as _;
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, MatchedRoute, Result};
    ///
    /// async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let api = ApiRouter::new().expose_matched_route(true).route("/api/post/[pid]", show);
    /// let request = http::Request::get("/api/post/42").body(Body::empty()).unwrap();
    /// let response = api.oneshot(request).await.unwrap();
    /// assert_eq!(response.extensions().get::<MatchedRoute>().unwrap().as_str(), "/api/post/[pid]");
    /// # }
    /// ```
    pub fn expose_matched_route(mut self, expose: bool) -> Self {
        self.parts_mut().settings.expose_matched_route = Some(expose);
        self
    }

    /// Shares draft mode and preview data with the Next.js build that has these keys; see [`draft`](crate::draft).
    ///
    /// ```no_run
    /// use tower_api_routes::{ApiRouter, PreviewProps};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let api = ApiRouter::new().preview(PreviewProps::from_manifest(".next/prerender-manifest.json")?);
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "draft")]
    pub fn preview(mut self, props: crate::draft::PreviewProps) -> Self {
        self.parts_mut().settings.preview = Some(props);
        self
    }

    /// Shares sessions with the Next.js app that has this secret, for
    /// [`ApiRequest::session`](crate::ApiRequest::session), [`ApiResponse::set_session`](crate::ApiResponse::set_session)
    /// and [`signed_in`](crate::signed_in); see [`session`](crate::session).
    ///
    /// Routers that are merged or nested into this one have them too, unless they set their own.
    ///
    /// ```no_run
    /// use tower_api_routes::{ApiRouter, Sessions};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let api = ApiRouter::new().sessions(Sessions::next_auth_from_env()?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the cookie has no name, as that of iron-session without
    /// [`cookie_name`](crate::Sessions::cookie_name), or one that a browser would refuse.
    #[cfg(feature = "session")]
    #[track_caller]
    pub fn sessions(mut self, sessions: crate::session::Sessions) -> Self {
        self.parts_mut().settings.sessions = Some(sessions.prepare());
        self
    }

    /// Sets what [`ApiResponse::revalidate`](crate::ApiResponse::revalidate) revalidates pages with; see
    /// [`revalidate`](crate::revalidate).
    #[cfg(feature = "revalidate")]
    pub fn revalidator(mut self, revalidator: impl crate::revalidate::Revalidator) -> Self {
        self.parts_mut().settings.revalidator = Some(Arc::new(revalidator));
        self
    }

    /// Sets how the trailing slash of a path is treated. Default: [`TrailingSlash::Remove`], a 308 to the path without
    /// it.
    ///
    /// ```
    /// use tower_api_routes::{ApiRouter, TrailingSlash};
    ///
    /// let api = ApiRouter::new().trailing_slash(TrailingSlash::Ignore);
    /// ```
    pub fn trailing_slash(mut self, slash: TrailingSlash) -> Self {
        self.parts_mut().trailing_slash = Some(slash);
        self
    }

    /// Sets a prefix of every path, which the routes do not repeat: Next.js's `basePath`. Default: none.
    ///
    /// Use it if paths have a prefix before `/api`. Behind axum's `nest_service` no base path is needed, because it
    /// removes the prefix from the request. Behind `fallback_service` it is.
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    /// # async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// let api = ApiRouter::new().base_path("/docs").route("/api/hello", hello);
    /// assert_eq!(api.route_for(&"/docs/api/hello".parse().unwrap()), Some("/api/hello"));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the prefix does not start with a slash, ends with one, or has a parameter.
    /// [`try_base_path`](Self::try_base_path) returns a `Result`.
    #[track_caller]
    pub fn base_path(self, prefix: &str) -> Self {
        RouteError::or_panic(self.try_base_path(prefix))
    }

    /// Sets a prefix of every path, as [`base_path`](Self::base_path) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix does not start with a slash, ends with one, or has a parameter.
    pub fn try_base_path(mut self, prefix: &str) -> Result<Self, RouteError> {
        let encoded = if prefix.is_empty() { String::new() } else { parse(prefix)?.literal_path()? };
        self.parts_mut().base_path = Some(encoded.into());
        Ok(self)
    }

    /// Returns the routes, in the order in which they are tried. They are displayed as a tree in the style of
    /// `next build`.
    pub fn routes(&self) -> Routes {
        Routes::new(&self.shared.parts)
    }

    /// Returns the pattern of the route that responds to requests for this target. `None` if the response is a
    /// redirect, a 404, or the fallback's.
    ///
    /// Use it in a guard in front of the router, or for `http.route` in a log.
    ///
    /// Dot segments are resolved, as for a request. A guard that compares raw paths can be bypassed with
    /// `/api/open/../admin`. A guard that uses this method cannot:
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    /// # async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// let api = ApiRouter::new().route("/api/admin", show).route("/api/open/[x]", show);
    /// assert_eq!(api.route_for(&"/api/open/../admin".parse().unwrap()), Some("/api/admin"));
    /// ```
    pub fn route_for(&self, uri: &Uri) -> Option<&str> {
        self.built().route_for(uri.path())
    }

    pub(super) fn built(&self) -> &Built {
        self.shared.built.get_or_init(|| Built::new(&self.shared.parts))
    }

    pub(super) fn parts_mut(&mut self) -> &mut Parts {
        let shared = Arc::make_mut(&mut self.shared);
        shared.built = OnceLock::new();
        &mut shared.parts
    }
}

/// Parses a pattern, and logs it if it looks like a pattern of another router.
pub(super) fn parse(pattern: &str) -> Result<Pattern, RouteError> {
    let pattern = Pattern::parse(pattern)?;
    if let Some(meant) = pattern.meant() {
        log::literal_route(pattern.as_str(), &meant);
    }
    Ok(pattern)
}

impl fmt::Debug for ApiRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes();
        f.debug_struct("ApiRouter")
            .field("routes", &routes.iter().map(RouteInfo::pattern).collect::<Vec<_>>())
            .finish()
    }
}
