//! Next.js **API Routes** for every tower-compatible server.
//!
//! A route is a file `pages/api/post/[pid].rs` or one line `.route("/api/post/[pid]", handler)`. A handler takes
//! `(req, res)`. Body parsing, size limits, deadlines and CORS are set for each route, and each is a tower layer of its
//! own. The result is a plain [`tower::Service`](tower_service::Service), whose responses are those of Next.js 13.5
//! to 16.4.
//!
//! # A server
//!
//! A handler is an `async fn` of an [`ApiRequest`] and an [`ApiResponse`]. Sending a response returns the [`Response`]
//! that the handler has to return, so a handler that sends none, or two, does not compile.
//!
//! ```no_run
//! use serde::{Deserialize, Serialize};
//! use serde_json::json;
//! use tower_api_routes::{
//!     ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig,
//!     methods, serve, shutdown_signal,
//! };
//!
//! async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
//!     res.status(200).json(&json!({ "message": "Hello from Rust!" }))
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! struct Post {
//!     title: String,
//! }
//!
//! // JSON or a form, parsed into the type.
//! // A body that does not fit is a 400, 413, 415 or 422.
//! async fn create(req: ApiRequest<Post>, res: ApiResponse<Post>) -> Result {
//!     res.status(201).json(req.body())
//! }
//!
//! // The route's parameters and the query string are one map.
//! // `?` turns any error into a 500, and logs it.
//! async fn show(req: ApiRequest, res: ApiResponse) -> Result {
//!     let pid: u64 = req.query().get("pid").unwrap_or_default().parse()?;
//!     res.send(format!("Post: {pid}"))
//! }
//!
//! #[tokio::main]
//! async fn main() -> std::io::Result<()> {
//!     let large = RouteConfig::new().size_limit("8mb");
//!     let api = ApiRouter::new()
//!         .route("/api/hello", hello)
//!         .route("/api/post", methods().post(create.config(large)))
//!         .route("/api/post/[pid]", show);
//!
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:4000").await?;
//!     println!("listening on http://{}", listener.local_addr()?);
//!     serve(listener, api).with_graceful_shutdown(shutdown_signal()).await
//! }
//! ```
//!
//! The router is a service with the error `Infallible`. It runs on [`serve`], hyper, axum (`fallback_service`),
//! `lambda_http` and `vercel_runtime` alike.
//!
//! # Layers
//!
//! Each field of a [`RouteConfig`] is a layer around any HTTP service, and [`RouteConfig`] itself is all of them.
//!
//! ```
//! use std::time::Duration;
//! use tower::ServiceBuilder;
//! use tower_api_routes::{
//!     ApiRequest, ApiResponse, ApiRouter, BodyParserLayer, HandlerExt as _,
//!     MaxDurationLayer, ResponseLimitLayer, Result,
//! };
//! use tower_http::trace::TraceLayer;
//!
//! async fn search(req: ApiRequest, res: ApiResponse) -> Result {
//!     res.json(&req.query().get("q"))
//! }
//!
//! // Around one handler:
//! let search = ServiceBuilder::new()
//!     .layer(MaxDurationLayer::new(Duration::from_secs(5)))
//!     .layer(BodyParserLayer::new().size_limit("10kb"))
//!     .service(search.into_service());
//!
//! // Around a router:
//! let api = ApiRouter::new()
//!     .route("/api/search", search)
//!     .layer(TraceLayer::new_for_http())
//!     .layer(ResponseLimitLayer::new().response_limit("8mb"));
//! ```
//!
//! # Files as routes
//!
//! A build script turns a folder of files into a router; see [`include_routes!`].
//!
//! ```ignore
//! // build.rs
//! fn main() {
//!     tower_api_routes::build::routes("src/pages");
//! }
//!
//! // src/pages/api/post/[pid].rs
//! pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
//!     res.send(format!("Post: {}", req.query().get("pid").unwrap_or_default()))
//! }
//!
//! // src/main.rs
//! tower_api_routes::include_routes!(); // fn router() -> ApiRouter
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! | --- | --- |
//! | register routes, share state, add layers, merge, map errors | [`ApiRouter`] |
//! | respond by method | [`methods`] |
//! | read the query, cookies, the body | [`ApiRequest`], [`FromBody`] |
//! | send JSON, text, bytes, redirects, streams, events | [`ApiResponse`] |
//! | wrap handlers in a function | [`HandlerExt::wrap`], [`from_fn`] |
//! | configure a route | [`RouteConfig`], [`HandlerExt::config`] |
//! | add one behaviour to any service | [`body_parser`], [`response_limit`], [`max_duration`], [`external_resolver`], [`cors`] |
//! | run a server | [`serve`], [`Listener`] |
//! | move an API from Next.js | [`proxy`], [`shadow`], [`draft`], [`revalidate`], [`session`] |
//! | describe an API for a front end and other clients | [`openapi`] |
//! | write dates as JavaScript does | [`JsDate`] |
//! | call a handler in a unit test | [`HandlerInput`] |
//! | write a function that takes any route, or what a response takes | the modules [`handler`](mod@handler), [`response`] |
//!
//! | guides | |
//! | --- | --- |
//! | to move from Next.js | [checklist](guide::migration), [section by section](guide::nextjs), [what real files do](guide::real_files), [`next.config`](guide::next_config), [`cargo api-routes`](guide::cli), [sessions](guide::sessions), [OpenAPI and dates](guide::openapi) |
//! | to write a service | [coming from axum](guide::coming_from_axum), [files as routes](guide::files_as_routes), [errors](guide::errors), [wrappers](guide::wrappers), [uploads](guide::uploads), [streaming](guide::streaming), [testing](guide::testing) |
//! | to use tower | [composing layers](guide::composing_layers), [layers for any tower service](guide::tower) |
//! | to run it | [operating](guide::operating) |
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `runtime` | everything but files as routes; on by default |
//! | `serve` | [`serve`]: HTTP/1.1 and HTTP/2; on by default |
//! | `tracing` | warnings and errors through `tracing`; on by default |
//! | `cors` | [`cors`]: CORS for a route, a router or any service |
//! | `encoding` | legacy charsets of request bodies |
//! | `preserve_order` | a `serde_json::Value` keeps its keys in order |
//! | `draft` | [`draft`]: draft mode and preview data, shared with a running Next.js |
//! | `session` | [`session`]: sessions of NextAuth, Auth.js and iron-session |
//! | `revalidate` | [`revalidate`]: on-demand revalidation of a running Next.js |
//! | `revalidate-tls` | the same over HTTPS |
//! | `proxy` | [`proxy`]: a proxy to another server |
//! | `proxy-tls` | the same over HTTPS |
//! | `shadow` | [`shadow`]: compares the responses with another server's |
//! | `openapi` | [`openapi`]: a description of the routes, for clients in every language |
//! | `full` | all of the above |
//! | `build` | [`build`]: files as routes, in a build script; standard library only |

// Docs that are built without a feature cannot link to its items.
#![cfg_attr(not(all(feature = "full", feature = "build")), allow(rustdoc::broken_intra_doc_links))]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "runtime")]
#[macro_use]
mod macros;
#[cfg(feature = "runtime")]
mod body;
#[cfg(feature = "runtime")]
pub mod body_parser;
#[cfg(feature = "runtime")]
mod bounds;
#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "__client")]
mod client;
#[cfg(any(feature = "serve", feature = "proxy"))]
mod client_headers;
#[cfg(feature = "runtime")]
mod config;
#[cfg(feature = "runtime")]
pub mod configured;
#[cfg(feature = "runtime")]
mod context;
#[cfg(feature = "runtime")]
pub mod cookies;
#[cfg(feature = "cors")]
pub mod cors;
#[cfg(feature = "draft")]
pub mod draft;
#[cfg(feature = "runtime")]
mod error;
#[cfg(feature = "runtime")]
pub mod external_resolver;
// `doc` builds the pages, and `doctest` runs their examples.
#[cfg(all(feature = "runtime", any(doc, doctest)))]
pub mod guide;
#[cfg(feature = "runtime")]
pub mod handler;
#[cfg(feature = "runtime")]
mod js_date;
#[cfg(feature = "runtime")]
mod json;
#[cfg(feature = "runtime")]
mod log;
#[cfg(feature = "runtime")]
pub mod max_duration;
#[cfg(feature = "runtime")]
mod oneshot;
#[cfg(feature = "openapi")]
pub mod openapi;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "runtime")]
pub mod query;
#[cfg(any(feature = "draft", feature = "session"))]
mod random;
#[cfg(feature = "runtime")]
mod request;
#[cfg(feature = "runtime")]
pub mod response;
#[cfg(feature = "runtime")]
pub mod response_limit;
#[cfg(feature = "revalidate")]
pub mod revalidate;
#[cfg(feature = "runtime")]
mod router;
#[cfg(any(feature = "runtime", feature = "build"))]
mod routing;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "session")]
pub mod session;
#[cfg(feature = "shadow")]
pub mod shadow;
#[cfg(feature = "runtime")]
mod shutdown;
#[cfg(feature = "session")]
mod signed_in;
#[cfg(feature = "runtime")]
mod size;
#[cfg(feature = "runtime")]
mod text;

#[cfg(any(feature = "runtime", feature = "build"))]
pub use routing::{RouteError, RouteErrorKind};

#[cfg(feature = "runtime")]
mod exports {
    pub use crate::body::{Body, BodyError, BodyReader, BodyStream, BoxError, LayeredBody};
    pub use crate::body_parser::{BodyParserLayer, FromBody, ParsedBody, RawBody, TryBody};
    pub use crate::config::RouteConfig;
    pub use crate::cookies::Cookies;
    pub use crate::error::{Error, ErrorContext, OrStatus};
    pub use crate::external_resolver::ExternalResolverLayer;
    pub use crate::handler::endpoint::Next;
    pub use crate::handler::from_fn::from_fn;
    pub use crate::handler::handler_ext::{HandlerExt, handler};
    pub use crate::handler::handler_input::HandlerInput;
    pub use crate::handler::methods::{Methods, methods};
    pub use crate::handler::route::Route;
    pub use crate::handler::route_service::RouteService;
    pub use crate::js_date::{JsDate, OptionalJsDate};
    pub use crate::max_duration::MaxDurationLayer;
    pub use crate::query::{OneOrMany, Query};
    pub use crate::request::{ApiRequest, RemoteAddr, TrustedProxies, TrustedProxiesError};
    pub use crate::response::api_response::ApiResponse;
    pub use crate::response::response::Response;
    pub use crate::response::result::Result;
    pub use crate::response::sse::{Event, EventWriter};
    pub use crate::response::stream::BodyWriter;
    pub use crate::response_limit::ResponseLimitLayer;
    pub use crate::router::{ApiRouter, RouteInfo, Routes};
    pub use crate::routing::{MatchedRoute, TrailingSlash};
    pub use crate::shutdown::Shutdown;
    pub use crate::size::{ParseSizeError, SizeLimit};
    // Re-exported because the API takes their types. `Cookie::max_age` takes a `Duration` of `cookie::time`.
    pub use cookie::{Cookie, SameSite};
    #[doc(no_inline)]
    pub use {bytes, cookie, http};
}

#[cfg(feature = "runtime")]
#[doc(inline)]
pub use exports::*;

#[cfg(feature = "cors")]
pub use cors::{ApiCorsLayer, CorsLayer};
#[cfg(feature = "draft")]
pub use draft::{PreviewOptions, PreviewProps, PreviewPropsError};
#[cfg(feature = "openapi")]
pub use handler::describe::DescribeExt;
#[cfg(feature = "proxy")]
pub use proxy::{ClientHeadersLayer, Proxy};
#[cfg(feature = "revalidate")]
pub use revalidate::{HttpRevalidator, RevalidateError, Revalidator};
#[cfg(feature = "runtime")]
pub use router::in_front_of;
#[cfg(feature = "serve")]
pub use serve::{Listener, Serve, serve, shutdown_signal};
#[cfg(feature = "session")]
pub use session::{Passwords, Sessions, SessionsError};
#[cfg(feature = "shadow")]
pub use shadow::ShadowLayer;
#[cfg(feature = "session")]
pub use signed_in::{SignedIn, signed_in};

#[cfg(feature = "runtime")]
mod route_file;

/// The items that generated code uses.
#[cfg(feature = "runtime")]
#[doc(hidden)]
pub mod __private {
    pub use crate::route_file::*;
}

/// Runs the README's examples as doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
