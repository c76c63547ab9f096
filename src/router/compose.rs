//! Combines routers, and wraps routes in layers.

use super::api_router::{ApiRouter, parse};
use super::nest_service::check_prefix;
use super::parts::{Fallback, Merged};
use crate::body::{Body, BoxError};
use crate::config::RouteConfig;
use crate::handler::{RouteService, erased};
use crate::routing::{Pattern, RouteError};
use bytes::Buf;
use http::{Request, Response};
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

impl ApiRouter {
    /// Wraps the routes and the [`fallback`](Self::fallback) that are registered so far in a tower layer, as axum's
    /// `Router::layer` does. Of several layers, the last one is the outermost.
    ///
    /// The router's own responses (404, 308, 400 and 405) are wrapped too, in whatever order the methods are called.
    /// The request that a layer gets has the [`MatchedRoute`](crate::MatchedRoute) in its extensions. The layer is
    /// outside the router's [`config`](Self::config), even if that is set later. An error of the wrapped service
    /// becomes an [`Error`](crate::Error), which [`map_error`](Self::map_error) gets.
    ///
    /// Each route is wrapped separately. So a `ConcurrencyLimitLayer` limits each route, and tower's
    /// `GlobalConcurrencyLimitLayer` limits all of them together.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    /// use tower_http::trace::TraceLayer;
    ///
    /// async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    ///
    /// let api = ApiRouter::new().route("/api/hello", hello).layer(TraceLayer::new_for_http());
    /// ```
    pub fn layer<L, R>(mut self, layer: L) -> Self
    where
        L: Layer<RouteService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let layer = erased(layer);
        let parts = self.parts_mut();
        parts.routes.iter_mut().for_each(|entry| entry.add_layer(&layer));
        parts.fallbacks.iter_mut().for_each(|fallback| fallback.entry.add_layer(&layer));
        parts.layers.push(layer);
        self
    }

    /// Wraps the routes that are registered so far in a tower layer, as axum's `Router::route_layer` does.
    ///
    /// The fallback and the router's own 404, 308 and 400 are not wrapped. See [`layer`](Self::layer) for the rest.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Next, Result, from_fn};
    ///
    /// async fn me(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// async fn with_token(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    ///     match req.headers().get("authorization") {
    ///         Some(token) if token == "Bearer secret" => next.run(req, res).await,
    ///         _ => Err(Error::new(401, "Unauthorized")),
    ///     }
    /// }
    ///
    /// let api = ApiRouter::new().route("/api/me", me).route_layer(from_fn(with_token));
    /// ```
    pub fn route_layer<L, R>(mut self, layer: L) -> Self
    where
        L: Layer<RouteService> + Send + Sync + 'static,
        L::Service: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let layer = erased(layer);
        self.parts_mut().routes.iter_mut().for_each(|entry| entry.add_layer(&layer));
        self
    }

    /// Applies the configuration of a `_middleware.rs` to the routes that are registered so far, and names the file for
    /// [`routes`](Self::routes).
    pub(crate) fn inside_file(mut self, file: &'static str, config: RouteConfig) -> Result<Self, RouteError> {
        let parts = self.parts_mut();
        parts.config = config.or(&parts.config);
        parts.check()?;
        parts.routes.iter_mut().for_each(|entry| entry.add_file(file));
        Ok(self)
    }

    /// Adds the routes of another router, as axum's `Router::merge` does.
    ///
    /// The routes keep the layers, the configuration, the state (by type) and the hooks of `other`. What `other` does
    /// not set comes from this router.
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    /// # async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// let posts = ApiRouter::new().route("/api/post/[pid]", show);
    /// let users = ApiRouter::new().route("/api/user/[id]", show);
    /// let api = ApiRouter::new().merge(posts).merge(users);
    /// assert_eq!(api.routes().len(), 2);
    /// ```
    ///
    /// # What `other` gets
    ///
    /// This router is the application's: its state, its hooks and its configuration are the defaults of its parts. So
    /// `uploads.merge(public)` gives the routes of `public` the limit of `uploads`. To keep two parts apart, merge both into
    /// a router that sets nothing. [`routes`](Self::routes) shows what each route has got:
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, RouteConfig};
    /// # async fn handler(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// let uploads = ApiRouter::new().config(RouteConfig::new().size_limit("50mb")).route("/upload", handler);
    /// let public = ApiRouter::new().route("/public", handler);
    ///
    /// let limit = |api: &ApiRouter| api.routes().iter().find(|r| r.pattern() == "/public").unwrap().config().to_string();
    /// assert_eq!(limit(&uploads.clone().merge(public.clone())), "sizeLimit: 50mb");
    /// assert_eq!(limit(&ApiRouter::new().merge(uploads).merge(public)), "");
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if two routes contradict each other, if both routers have a fallback, or if `other` sets another
    /// `base_path` or `trailing_slash`.
    #[track_caller]
    pub fn merge(self, other: Self) -> Self {
        RouteError::or_panic(self.with_parts_of(other, None))
    }

    /// Adds the routes of another router below a prefix, as axum's `Router::nest` does. The prefix may have parameters.
    ///
    /// A handler gets the whole path, and [`MatchedRoute`](crate::MatchedRoute) is the whole pattern. The fallback of
    /// `other` responds below the prefix. See [`merge`](Self::merge) for what the routes keep.
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    /// # async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// let posts = ApiRouter::new().route("/", show).route("/[pid]", show);
    /// let api = ApiRouter::new().nest("/api/[tenant]/posts", posts);
    /// assert_eq!(api.route_for(&"/api/acme/posts/1".parse().unwrap()), Some("/api/[tenant]/posts/[pid]"));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the prefix is not valid or has a catch-all, and for the reasons of [`merge`](Self::merge).
    /// [`try_nest`](Self::try_nest) returns a `Result`.
    #[track_caller]
    pub fn nest(self, prefix: &str, other: Self) -> Self {
        RouteError::or_panic(self.try_nest(prefix, other))
    }

    /// Adds the routes of another router below a prefix, as [`nest`](Self::nest) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix is not valid or has a catch-all, and where [`merge`](Self::merge) panics.
    pub fn try_nest(self, prefix: &str, other: Self) -> Result<Self, RouteError> {
        let prefix = parse(prefix)?;
        if prefix.segments().is_empty() {
            return Err(RouteError::syntax("/", "the prefix `/` adds nothing: use `merge`, not `nest`"));
        }
        check_prefix(&prefix)?;
        self.with_parts_of(other, Some(&prefix))
    }

    fn with_parts_of(mut self, other: Self, prefix: Option<&Pattern>) -> Result<Self, RouteError> {
        let (other, parts) = (Arc::unwrap_or_clone(other.shared).parts, self.parts_mut());
        parts.check_paths(&other)?;
        let mut merged = Merged::new(other.config, other.settings, &parts.layers);
        for (id, entry) in other.routes.into_iter().enumerate() {
            let pattern = other.tree.pattern(id).below(prefix)?;
            parts.add_route(pattern, merged.entry(entry))?;
        }
        for Fallback { prefix: inner, entry } in other.fallbacks {
            let prefix = match inner {
                Some(inner) => Some(inner.below(prefix)?),
                None => prefix.cloned(),
            };
            parts.add_fallback(Fallback { prefix, entry: merged.entry(entry) })?;
        }
        Ok(self)
    }
}
