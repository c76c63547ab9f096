//! Wrappers as tower layers.

use super::endpoint::{Next, Wrapper};
use super::output::{HandlerFuture, HandlerOutput};
use super::route_service::RouteService;
use super::service_route;
use crate::body::{Body, BoxError};
use crate::request::ApiRequest;
use crate::response::ApiResponse;
use bytes::Buf;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

/// Creates a layer from an `async fn(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result`, as
/// `middleware::from_fn` does in axum.
///
/// The layer wraps any service of HTTP requests, most often the routes of a router. To wrap one handler,
/// [`HandlerExt::wrap`](crate::HandlerExt::wrap) is shorter.
///
/// Guide: [wrappers and middleware](crate::guide::wrappers).
///
/// ```
/// use tower::ServiceExt as _;
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Next, Result, from_fn};
///
/// async fn with_session(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
///     if req.cookies().get("session").is_none() {
///         return Err(Error::new(401, "Sign in first"));
///     }
///     next.run(req, res).await
/// }
/// async fn me(_: ApiRequest, res: ApiResponse) -> Result { res.json(&"me") }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let api = ApiRouter::new().route("/api/me", me).route_layer(from_fn(with_session));
///
/// let request = http::Request::get("/api/me").body(Body::empty()).unwrap();
/// assert_eq!(api.oneshot(request).await.unwrap().status(), 401);
/// # }
/// ```
pub fn from_fn<F, Fut>(f: F) -> FromFnLayer<F>
where
    F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: HandlerFuture + HandlerOutput,
{
    FromFnLayer { f }
}

/// A layer that wraps services in a function, created by [`from_fn`].
#[derive(Clone, Copy)]
#[must_use]
pub struct FromFnLayer<F> {
    f: F,
}

impl<F, Fut, S, R> Layer<S> for FromFnLayer<F>
where
    F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Clone + Send + Sync + 'static,
    Fut: HandlerFuture + HandlerOutput,
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Service = RouteService;

    fn layer(&self, inner: S) -> RouteService {
        let wrapper: Arc<dyn Wrapper> = Arc::new(self.f.clone());
        RouteService::new(service_route::route(inner).with_wrapper(wrapper))
    }
}

impl<F> fmt::Debug for FromFnLayer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromFnLayer").finish_non_exhaustive()
    }
}
