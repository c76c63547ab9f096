//! The traits of routes and their futures: what [`ApiRouter::route`](crate::ApiRouter::route) takes.
//!
//! An ordinary program writes none of these names. They stand in signatures and in the compiler's messages, and a function
//! that is generic over routes has them in its bounds.
//!
//! # Functions that take any route
//!
//! [`IntoRoute<M>`](IntoRoute) is implemented for an `async fn(req, res) -> Result`, for [`methods()`](crate::methods), for
//! a [`Route`], and for every tower service of HTTP requests. `M` tells these kinds apart, and is inferred:
//!
//! ```
//! use tower_api_routes::handler::IntoRoute;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig};
//!
//! /// Registers a report, which may take a minute.
//! fn report<M>(api: ApiRouter, name: &str, route: impl IntoRoute<M>) -> ApiRouter {
//!     api.route(&format!("/api/reports/{name}"), route.config(RouteConfig::new().max_duration_secs(60)))
//! }
//!
//! async fn sales(_req: ApiRequest, res: ApiResponse) -> Result { res.json(&[1, 2, 3]) }
//!
//! let api = report(ApiRouter::new(), "sales", sales);
//! assert_eq!(api.routes().iter().next().unwrap().pattern(), "/api/reports/sales");
//! ```
//!
//! # Functions that take a handler or a wrapper
//!
//! What a handler returns is a [`HandlerFuture`], and, if it is `Send` and ends with a [`Result`](crate::Result), a
//! [`HandlerOutput`]. These are two traits so that the compiler can say which of the two is missing. Both are implemented
//! for every such future:
//!
//! ```
//! use tower_api_routes::handler::{HandlerFuture, HandlerOutput};
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Next, Result, from_fn};
//!
//! /// Wraps the routes in a function, if it is to be.
//! fn wrap_if<F, Fut>(api: ApiRouter, condition: bool, wrapper: F) -> ApiRouter
//! where
//!     F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Clone + Send + Sync + 'static,
//!     Fut: HandlerFuture + HandlerOutput,
//! {
//!     if condition { api.route_layer(from_fn(wrapper)) } else { api }
//! }
//!
//! async fn with_version(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
//!     next.run(req, res.set_header("x-version", 2)).await
//! }
//!
//! let api = wrap_if(ApiRouter::new(), true, with_version);
//! ```

mod binding;
mod call;
mod content_length;
#[cfg(feature = "cors")]
mod cors;
#[cfg(feature = "openapi")]
pub(crate) mod describe;
mod dispatch;
pub(crate) mod endpoint;
pub(crate) mod from_fn;
mod function;
mod future;
mod handler_endpoint;
pub(crate) mod handler_ext;
pub(crate) mod handler_input;
mod into_route;
mod layered;
pub(crate) mod methods;
mod output;
#[cfg(feature = "draft")]
mod preview;
mod request_call;
pub(crate) mod route;
pub(crate) mod route_service;
mod service_endpoint;
mod service_route;
mod wrap;

#[cfg(feature = "openapi")]
pub use describe::HandlerTypes;
pub use from_fn::FromFnLayer;
pub use future::RouteFuture;
pub use into_route::IntoRoute;
pub use output::{HandlerFuture, HandlerOutput};

pub(crate) use binding::{Binding, Origins};
pub(crate) use endpoint::{Endpoint, Next};
pub(crate) use from_fn::from_fn;
pub(crate) use handler_ext::HandlerExt;
pub(crate) use layered::{EndpointLayer, around_refusals, erased};
pub(crate) use route::{Route, with_cors};
pub(crate) use route_service::RouteService;
pub(crate) use service_route::proxied_to;
#[cfg(feature = "openapi")]
pub(crate) use {
    describe::DescribeExt,
    handler_ext::handler,
    methods::{Methods, methods},
};
