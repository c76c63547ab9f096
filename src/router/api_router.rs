use super::built::Built;
use super::parts::{Entry, Fallback, Parts};
use super::{RouteInfo, Routes};
use crate::config::RouteConfig;
use crate::error::{Error, ErrorContext};
use crate::handler::IntoRoute;
use crate::log;
use crate::routing::{Pattern, RouteError, TrailingSlash};
use http::Uri;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The routes of an API: a tower service, and a layer.
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
/// A request that no route matches gets a 404, or the [`fallback`](Self::fallback). An untidy path (`/api/hello/`,
/// `//api//hello`) gets a 308 to the tidy one.
///
/// Routes are checked when they are registered; the table is built once, at the first request, and shared by all clones.
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

/// A router that is changed after it was cloned or used starts anew, and its table too.
impl Clone for Shared {
    fn clone(&self) -> Self {
        Self { parts: self.parts.clone(), built: OnceLock::new() }
    }
}

impl ApiRouter {
    /// A router without routes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers a path, or a pattern of paths, with a handler, [`methods()`](crate::methods), or any tower service.
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
    /// A literal matches a request in every spelling: `/api/café` and `/api/{x}` also match `/api/caf%C3%A9` and
    /// `/api/%7Bx%7D`. One that looks like another router's parameter (`/api/{id}`, `/api/:id`, `/api/*rest`) is logged as
    /// a warning with what to write, `/api/[id]`.
    ///
    /// # Panics
    ///
    /// If the route is not valid, or contradicts an earlier one, with a sentence that says what to change.
    /// [`try_route`](Self::try_route) returns a `Result`.
    ///
    /// Source: [dynamic API routes](https://nextjs.org/docs/pages/building-your-application/routing/api-routes#dynamic-api-routes).
    #[track_caller]
    pub fn route<M>(self, pattern: &str, handler: impl IntoRoute<M>) -> Self {
        match self.try_route(pattern, handler) {
            Ok(router) => router,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`route`](Self::route), with a `Result` in the place of a panic.
    ///
    /// # Errors
    ///
    /// If the route is not valid, or contradicts an earlier one.
    pub fn try_route<M>(mut self, pattern: &str, handler: impl IntoRoute<M>) -> Result<Self, RouteError> {
        let pattern = Pattern::parse(pattern)?;
        if let Some(meant) = pattern.meant() {
            log::literal_route(pattern.as_str(), &meant);
        }
        let parts = self.parts_mut();
        parts.add_route(pattern, Entry::new(handler.make_route(), &parts.layers))?;
        Ok(self)
    }

    /// Sets what responds where no route matches, in place of the 404. A path that is not normalized goes to it too, unless a
    /// route matches the normalized one.
    ///
    /// # Panics
    ///
    /// If the router has a fallback already, or if the handler takes a parsed body and the body parser is off.
    /// [`try_fallback`](Self::try_fallback) returns a `Result`.
    #[track_caller]
    pub fn fallback<M>(self, handler: impl IntoRoute<M>) -> Self {
        self.try_fallback(handler).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sets what responds where no route matches, as [`fallback`](Self::fallback) does.
    ///
    /// # Errors
    ///
    /// If the router has a fallback already, or if the handler takes a parsed body and the body parser is off.
    pub fn try_fallback<M>(mut self, handler: impl IntoRoute<M>) -> Result<Self, RouteError> {
        let parts = self.parts_mut();
        let entry = Entry::new(handler.make_route(), &parts.layers);
        parts.add_fallback(Fallback { prefix: None, entry })?;
        Ok(self)
    }

    /// The configuration of every route, where the route's own does not say otherwise.
    ///
    /// # Panics
    ///
    /// If it turns the body parser off and a handler takes a parsed body. [`try_config`](Self::try_config) returns a
    /// `Result`.
    #[track_caller]
    pub fn config(self, config: RouteConfig) -> Self {
        match self.try_config(config) {
            Ok(router) => router,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`config`](Self::config), with a `Result` in the place of a panic.
    ///
    /// # Errors
    ///
    /// If it turns the body parser off and a handler takes a parsed body.
    pub fn try_config(mut self, config: RouteConfig) -> Result<Self, RouteError> {
        let parts = self.parts_mut();
        parts.config = config.or(&parts.config);
        parts.check()?;
        Ok(self)
    }

    /// Shares a value with all handlers, which find it by its type with [`ApiRequest::state`](crate::ApiRequest::state).
    /// A second value of the same type replaces the first.
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

    /// Turns an error into another before it becomes a response: a domain error into a status, for example.
    ///
    /// It is called for errors of handlers, of the router, and of this crate's layers inside of the router, before the head of
    /// the response is sent.
    ///
    /// ```
    /// use tower_api_routes::{ApiRouter, Error};
    ///
    /// let api = ApiRouter::new().map_error(|error, request| {
    ///     match error.downcast_ref::<std::io::Error>() {
    ///         Some(io) if io.kind() == std::io::ErrorKind::NotFound => {
    ///             Error::json(404, &serde_json::json!({ "error": "not found", "path": request.path() }))
    ///         }
    ///         _ => error,
    ///     }
    /// });
    /// ```
    pub fn map_error<F>(mut self, map: F) -> Self
    where
        F: Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        self.parts_mut().settings.map_error = Some(Arc::new(map));
        self
    }

    /// Shows every error to a function, before [`map_error`](Self::map_error): to count errors or to report them.
    ///
    /// It also sees the error of a response that breaks off after its head:
    /// [`head_sent`](crate::ErrorContext::head_sent) tells which it is.
    ///
    /// ```
    /// use tower_api_routes::ApiRouter;
    ///
    /// let api = ApiRouter::new().on_error(|error, request| {
    ///     let when = if request.head_sent() { "after the head" } else { "before the head" };
    ///     eprintln!("{} {}: {error} ({when})", request.method, request.path());
    /// });
    /// ```
    pub fn on_error<F>(mut self, look: F) -> Self
    where
        F: Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static,
    {
        self.parts_mut().settings.on_error = Some(Arc::new(look));
        self
    }

    /// Shares draft mode and preview data with the Next.js build of these keys; see [`draft`](crate::draft).
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

    /// Lets handlers refresh pages of a running Next.js with
    /// [`ApiResponse::revalidate`](crate::ApiResponse::revalidate); see [`revalidate`](crate::revalidate).
    #[cfg(feature = "revalidate")]
    pub fn revalidator(mut self, revalidator: impl crate::revalidate::Revalidator) -> Self {
        self.parts_mut().settings.revalidator = Some(Arc::new(revalidator));
        self
    }

    /// What to do with the last slash of a path. Default: a 308 to the path without it.
    pub fn trailing_slash(mut self, slash: TrailingSlash) -> Self {
        self.parts_mut().trailing_slash = Some(slash);
        self
    }

    /// The prefix of every path, which the routes do not repeat: Next.js's `basePath`. Default: none.
    ///
    /// Needed where a prefix stands before `/api`, and behind an axum router that was given this one with
    /// `fallback_service`. (`nest_service` takes the prefix off before the request arrives.)
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
    /// If the prefix is not a valid path. [`try_base_path`](Self::try_base_path) returns a `Result`.
    #[track_caller]
    pub fn base_path(self, prefix: &str) -> Self {
        self.try_base_path(prefix).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Sets the prefix of every path, as [`base_path`](Self::base_path) does.
    ///
    /// # Errors
    ///
    /// If the prefix does not start with a slash, ends with one, or has a parameter.
    pub fn try_base_path(mut self, prefix: &str) -> Result<Self, RouteError> {
        let encoded =
            if prefix.is_empty() { String::new() } else { Pattern::parse(prefix)?.literal_path()? };
        self.parts_mut().base_path = Some(encoded.into());
        Ok(self)
    }

    /// The routes, sorted in the order in which they are tried. Printed, they are a tree in the style of `next build`.
    pub fn routes(&self) -> Routes {
        Routes::new(&self.shared.parts)
    }

    /// The route that would answer a request for this target, in bracket form: what a guard in front asks, and what belongs
    /// in `http.route`. None where the answer would be a redirect, a 404 or the fallback.
    ///
    /// Dot segments are resolved first, as they are for a request. So a guard that compares the raw path can be walked
    /// around with `/api/open/../admin`, and one that asks here cannot:
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

impl fmt::Debug for ApiRouter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let routes = self.routes();
        f.debug_struct("ApiRouter")
            .field("routes", &routes.iter().map(RouteInfo::pattern).collect::<Vec<_>>())
            .finish()
    }
}
