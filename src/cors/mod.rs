//! Who may read the answers from another origin: tower-http's CORS, with one difference.
//!
//! tower-http answers every `OPTIONS` itself. Here only a real preflight (with `Origin` and
//! `Access-Control-Request-Method`) is answered for the handler; any other `OPTIONS` reaches it, and its answer gets the CORS
//! headers like any.
//!
//! For a route or a whole router there is [`RouteConfig::cors`](crate::RouteConfig::cors); [`ApiCorsLayer`] does the same
//! around any service. The types of `tower_http::cors` are re-exported here, because the tower-http of your other
//! dependencies may be another version, whose `CorsLayer` is another type.
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
//! A predicate ([`AllowOrigin::predicate`]) sees the head of the request: its path, its
//! headers, its version, and for a request that is not `OPTIONS` its method. Of an `OPTIONS` it sees
//!
//! - `OPTIONS` for a preflight: the method that the client will use is in the header `Access-Control-Request-Method`;
//! - `GET` for any other `OPTIONS`, which passes through tower-http as a plain request. The handler still sees `OPTIONS`.
//!
//! Of nested CORS the outermost answers a preflight; so a router whose default is CORS asks no service inside.
//!
//! Source: [the Fetch standard](https://fetch.spec.whatwg.org/#cors-preflight-request).

mod layer;
mod service;

pub use layer::ApiCorsLayer;
pub use service::{ApiCors, ResponseFuture};
#[doc(no_inline)]
pub use tower_http::cors::{
    AllowCredentials, AllowHeaders, AllowMethods, AllowOrigin, AllowPrivateNetwork, Any, CorsLayer,
    ExposeHeaders, MaxAge, Vary,
};
