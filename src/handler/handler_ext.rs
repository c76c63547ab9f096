//! The methods of every route, and closures as routes.

use super::endpoint::Next;
use super::into_route::{IntoRoute, RouteShape};
use super::layered::{LayeredRoute, erased};
use super::output::{HandlerFuture, HandlerOutput};
use super::route::Route;
use super::route_service::RouteService;
use crate::body::{Body, BoxError};
use crate::body_parser::FromBody;
use crate::config::RouteConfig;
use crate::error::{Error, ErrorContext};
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use bytes::Buf;
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

/// Creates a route from a closure whose second argument needs no type annotation.
///
/// A tower service needs no conversion: pass it to [`ApiRouter::route`](crate::ApiRouter::route).
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiRouter, handler};
///
/// let api = ApiRouter::new()
///     .route("/api/hello", handler(|_req: ApiRequest, res| async move { res.send("hello") }));
/// ```
pub fn handler<F, B, Fut>(f: F) -> Route
where
    F: Fn(ApiRequest<B>, ApiResponse) -> Fut + Clone + Send + Sync + 'static,
    B: FromBody,
    Fut: HandlerFuture + HandlerOutput,
{
    RouteShape::into_route(f)
}

/// Configures and wraps routes, and converts them into services.
pub trait HandlerExt<M>: IntoRoute<M> {
    /// Sets the route's own configuration, which overrides the router's, field by field. A later call overrides the
    /// fields of an earlier one.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig};
    ///
    /// async fn upload(req: ApiRequest<String>, res: ApiResponse) -> Result { res.end() }
    ///
    /// let api = ApiRouter::new().route("/api/upload", upload.config(RouteConfig::new().size_limit("8mb")));
    /// ```
    fn config(self, config: RouteConfig) -> Route {
        IntoRoute::make_route(self).with_config(&config)
    }

    /// Wraps the handler in an `async fn(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result`, as
    /// `withAuth(handler)` does in Next.js. A later wrapper is an outer one.
    ///
    /// The handler can take any body type: the body is read when the wrapper calls [`Next::run`]. The route's
    /// configuration, including its deadline, applies to both. Of [`methods()`](crate::methods), each handler and
    /// the fallback are wrapped, but not the 405 for other methods.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, Next, Result};
    ///
    /// async fn with_session(mut req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    ///     let Some(user) = req.cookies().get("user").map(str::to_owned) else {
    ///         return Err(Error::new(401, "Sign in first"));
    ///     };
    ///     req.extensions_mut().insert(User(user));
    ///     let mut response = next.run(req, res).await?;
    ///     response.headers_mut().insert("cache-control", http::HeaderValue::from_static("private"));
    ///     Ok(response)
    /// }
    ///
    /// #[derive(Clone)]
    /// struct User(String);
    ///
    /// async fn me(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let User(name) = req.extensions().get().unwrap();
    ///     res.json(name)
    /// }
    ///
    /// let api = ApiRouter::new().route("/api/me", me.wrap(with_session));
    /// ```
    fn wrap<F, Fut>(self, wrapper: F) -> Route
    where
        F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Clone + Send + Sync + 'static,
        Fut: HandlerFuture + HandlerOutput,
    {
        IntoRoute::make_route(self).with_wrapper(Arc::new(wrapper))
    }

    /// Sets a function that converts the errors of this route before they become a response, in place of the router's; see
    /// [`ApiRouter::map_error`](crate::ApiRouter::map_error).
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Error, HandlerExt as _, Result};
    ///
    /// async fn webhook(req: ApiRequest<String>, res: ApiResponse) -> Result { res.end() }
    ///
    /// let api = ApiRouter::new()
    ///     .map_error(|error, _request| Error::json(error.status(), &error.message()))
    ///     .route("/api/webhook", webhook.map_error(|error, _request| Error::new(error.status(), "try again")));
    /// ```
    fn map_error<F>(self, map: F) -> Route
    where
        F: Fn(Error, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        let mut route = IntoRoute::make_route(self);
        route.hooks_mut().set_map_error(map);
        route
    }

    /// Adds a function that converts errors of one type, before those of the router; see
    /// [`ApiRouter::map_error_of`](crate::ApiRouter::map_error_of).
    fn map_error_of<E, F>(self, map: F) -> Route
    where
        E: std::error::Error + 'static,
        F: Fn(&E, &ErrorContext<'_>) -> Error + Send + Sync + 'static,
    {
        let mut route = IntoRoute::make_route(self);
        route.hooks_mut().add_map_error_of(map);
        route
    }

    /// Adds a function that observes the errors of this route, before those of the router; see
    /// [`ApiRouter::on_error`](crate::ApiRouter::on_error).
    fn on_error<F>(self, look: F) -> Route
    where
        F: Fn(&Error, &ErrorContext<'_>) + Send + Sync + 'static,
    {
        let mut route = IntoRoute::make_route(self);
        route.hooks_mut().add_on_error(look);
        route
    }

    /// Wraps the handler in a tower layer, as axum's `Handler::layer` and `MethodRouter::layer` do. A later layer is an outer
    /// one.
    ///
    /// The layer is around the whole route, with the 405 of [`methods()`](crate::methods), and inside the router's
    /// configuration and its layers. A [`config`](Self::config) remains the handler's own, inside of the layer. With CORS in
    /// it, a preflight does not reach the layer.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_api_routes::{
    ///     ApiRequest, ApiResponse, ApiRouter, BodyParserLayer, HandlerExt as _, MaxDurationLayer, Result, methods,
    /// };
    /// use tower_http::trace::TraceLayer;
    ///
    /// async fn list(_req: ApiRequest, res: ApiResponse) -> Result { res.json(&["first"]) }
    /// async fn create(_req: ApiRequest, res: ApiResponse) -> Result { res.status(201).end() }
    ///
    /// let api = ApiRouter::new()
    ///     .route("/api/search", list.layer(MaxDurationLayer::new(Duration::from_secs(5))))
    ///     .route("/api/post", methods().get(list).post(create.layer(BodyParserLayer::new().size_limit("10kb")))
    ///         .layer(TraceLayer::new_for_http()));
    /// ```
    fn layer<L, R>(self, layer: L) -> Route
    where
        L: Layer<RouteService> + Send + Sync + 'static,
        L::Service: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        LayeredRoute::wrap(IntoRoute::make_route(self), erased(layer))
    }

    /// Converts the handler into a tower service, for a `ServiceBuilder` or another router.
    ///
    /// ```
    /// use tower::ServiceBuilder;
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, MaxDurationLayer, Result};
    /// use std::time::Duration;
    ///
    /// async fn slow(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }
    ///
    /// let service = ServiceBuilder::new()
    ///     .layer(MaxDurationLayer::new(Duration::from_secs(5)))
    ///     .service(slow.into_service());
    /// let api = ApiRouter::new().route("/api/slow", service);
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the handler takes a parsed body and its own configuration turns the body parser off.
    #[track_caller]
    fn into_service(self) -> RouteService {
        let route = IntoRoute::make_route(self);
        route.assert_sound();
        RouteService::new(route)
    }
}

impl<M, H: IntoRoute<M>> HandlerExt<M> for H {}
