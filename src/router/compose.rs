//! Routers from routers, and layers around routes.

use super::api_router::ApiRouter;
use super::parts::{Fallback, Merged};
use crate::body::{Body, BoxError};
use crate::handler::{RouteService, erased};
use crate::routing::{Pattern, RouteError};
use bytes::Buf;
use http::{Request, Response};
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

impl ApiRouter {
    /// Wraps what is registered so far, routes and [`fallback`](Self::fallback), in a tower layer, as axum's `Router::layer`
    /// does. A layer that is added later is further out.
    ///
    /// The router's own responses (404, 308, 400 and 405) are wrapped too, whatever the order of the calls. In the layer the
    /// route is known: [`MatchedRoute`](crate::MatchedRoute) is in the extensions of the request. The layer stands outside
    /// the router's [`config`](Self::config), whenever that is set. An error of the layered service becomes an
    /// [`Error`](crate::Error), which [`map_error`](Self::map_error) sees.
    ///
    /// Each route has a layered service of its own. So a `ConcurrencyLimitLayer` limits each route by itself, and tower's
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

    /// Wraps the routes that are registered so far in a tower layer, as axum's `Router::route_layer` does: neither a fallback
    /// nor the router's own 404, 308 and 400 go through it. See [`layer`](Self::layer) for the rest.
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

    /// Adds the routes of another router, as axum's `Router::merge` does.
    ///
    /// They keep the layers, the configuration, the state (by type) and the hooks of `other`. What `other` leaves unset comes
    /// from this router.
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
    /// # Panics
    ///
    /// If routes of the two contradict each other, if both have a fallback, or if `other` has a `base_path` or a
    /// `trailing_slash` that differs. [`try_merge`](Self::try_merge) returns a `Result`.
    #[track_caller]
    pub fn merge(self, other: Self) -> Self {
        self.try_merge(other).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Adds the routes of another router, as [`merge`](Self::merge) does.
    ///
    /// # Errors
    ///
    /// If routes of the two contradict each other, if both have a fallback, or if `other` has a `base_path` or a
    /// `trailing_slash` that differs.
    pub fn try_merge(self, other: Self) -> Result<Self, RouteError> {
        self.with_parts_of(other, None)
    }

    /// Adds the routes of another router below a prefix, as axum's `Router::nest` does. The prefix may have parameters.
    ///
    /// A handler sees the whole path, and [`MatchedRoute`](crate::MatchedRoute) is the whole pattern. A fallback of `other`
    /// responds below the prefix. See [`merge`](Self::merge) for what the routes keep.
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
    /// If the prefix is not valid, and where [`merge`](Self::merge) panics. [`try_nest`](Self::try_nest) returns a `Result`.
    #[track_caller]
    pub fn nest(self, prefix: &str, other: Self) -> Self {
        self.try_nest(prefix, other).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Adds the routes of another router below a prefix, as [`nest`](Self::nest) does.
    ///
    /// # Errors
    ///
    /// If the prefix is not valid, and where [`try_merge`](Self::try_merge) fails.
    pub fn try_nest(self, prefix: &str, other: Self) -> Result<Self, RouteError> {
        let prefix = Pattern::parse(prefix)?;
        if prefix.segments().is_empty() {
            return Err(RouteError::syntax("/", "a router below the root is `merge`d, not `nest`ed"));
        }
        if prefix.has_catch_all() {
            let problem = "a prefix has no catch-all: what follows it could never match";
            return Err(RouteError::syntax(prefix.as_str(), problem));
        }
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
