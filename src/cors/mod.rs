//! Allows other origins to read responses (CORS), by tower-http's rules with one difference.
//!
//! tower-http responds to every `OPTIONS` request itself. Here only a real preflight (with `Origin` and
//! `Access-Control-Request-Method`) gets such a response. Any other `OPTIONS` request reaches the handler, and its
//! response gets the CORS headers as usual.
//!
//! The response to a preflight is an empty 200. That of npm's `cors` is a 204; browsers take any 2xx.
//!
//! [`RouteConfig::cors`](crate::RouteConfig::cors) configures a route or a router; [`ApiCorsLayer`] does the same
//! around any service. The types of `tower_http::cors` are re-exported here, because your other dependencies may
//! use another version of tower-http, whose `CorsLayer` is a different type.
//!
//! ```
//! use tower_api_routes::cors::{AllowOrigin, CorsLayer};
//! use tower::ServiceExt as _;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, HandlerExt as _, RouteConfig};
//!
//! async fn public(_req: ApiRequest, res: ApiResponse) -> tower_api_routes::Result { res.json(&"for everyone") }
//! async fn private(_req: ApiRequest, res: ApiResponse) -> tower_api_routes::Result { res.json(&"for us") }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cors = CorsLayer::new().allow_origin(AllowOrigin::exact("https://example.com".parse()?));
//! let api = ApiRouter::new()
//!     .route("/api/public", public.config(RouteConfig::new().cors(cors)))
//!     .route("/api/private", private);
//!
//! let request = |path| http::Request::get(path).header("origin", "https://example.com").body(Body::empty());
//! let response = api.clone().oneshot(request("/api/public")?).await?;
//! assert_eq!(response.headers()["access-control-allow-origin"], "https://example.com");
//! let response = api.oneshot(request("/api/private")?).await?;
//! assert!(!response.headers().contains_key("access-control-allow-origin"));
//! # Ok(()) }
//! ```
//!
//! A predicate ([`AllowOrigin::predicate`]) gets the head of the request. For an `OPTIONS` request, its method is
//!
//! - `OPTIONS` for a preflight; the method that the client will use is in the header
//!   `Access-Control-Request-Method`;
//! - `GET` for any other `OPTIONS` request, which passes through tower-http as a plain request. The handler still
//!   gets `OPTIONS`.
//!
//! Of nested CORS layers the outermost responds to a preflight. A router with CORS in its configuration therefore
//! passes no preflight on to its routes.
//!
//! Source: [the Fetch standard](https://fetch.spec.whatwg.org/#cors-preflight-request).

mod layer;
mod preflight;
mod service;

pub use layer::ApiCorsLayer;
pub(crate) use preflight::{CorsService, CorsServiceFuture};
pub use service::{ApiCors, ResponseFuture};
#[doc(no_inline)]
pub use tower_http::cors::{
    AllowCredentials, AllowHeaders, AllowMethods, AllowOrigin, AllowPrivateNetwork, Any, CorsLayer,
    ExposeHeaders, MaxAge, Vary,
};
