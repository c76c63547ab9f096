//! Next.js **API Routes** for every tower-compatible server.
//!
//! A file `pages/api/post/[pid].rs`, or one line `.route("/api/post/[pid]", handler)`, answers `/api/post/*`. The handler takes
//! `(req, res)`; body parsing, size limits, deadlines and CORS are set route by route; the result is a plain
//! [`tower::Service`](tower_service::Service).
//!
//! # The two-minute tour
//!
//! A handler is an `async fn` of an [`ApiRequest`] and an [`ApiResponse`]. It answers by sending, which gives it the
//! [`Response`] that it has to return: one that forgets to answer does not compile.
//!
//! ```
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig, methods};
//!
//! async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
//!     res.status(200).json(&serde_json::json!({ "message": "Hello from Rust!" }))
//! }
//!
//! #[derive(serde::Deserialize, serde::Serialize)]
//! struct Post { title: String }
//!
//! // JSON or a form, parsed once, straight into the type. What does not fit is a 400, 413, 415 or 422.
//! async fn create(req: ApiRequest<Post>, res: ApiResponse<Post>) -> Result {
//!     res.status(201).json(req.body())
//! }
//!
//! // The query string and the parameters of the route are one multimap; `?` turns any error into a 500.
//! async fn show(req: ApiRequest, res: ApiResponse) -> Result {
//!     let pid: u64 = req.query().get("pid").unwrap_or_default().parse()?;
//!     res.send(format!("Post: {pid}"))
//! }
//!
//! let api = ApiRouter::new()
//!     .route("/api/hello", hello)
//!     .route("/api/post", methods().post(create.config(RouteConfig::new().size_limit("500kb"))))
//!     .route("/api/post/[pid]", show);
//! ```
//!
//! `api` is a service with the error `Infallible`: give it to [`serve`], to hyper, to axum's `fallback_service`, to
//! `lambda_http`. It is also a [`Layer`](tower_layer::Layer) around another service.
//!
//! | to | see |
//! | --- | --- |
//! | register routes, share state, map errors | [`ApiRouter`] |
//! | let files be the routes | [`include_routes!`] |
//! | read the query, cookies, the body | [`ApiRequest`], [`FromBody`] |
//! | send JSON, text, bytes, redirects, streams | [`ApiResponse`] |
//! | answer by method | [`methods`] |
//! | configure a route | [`RouteConfig`], [`HandlerExt::config`] |
//! | put one behaviour around any service | [`body_parser`], [`response_limit`], [`max_duration`], [`external_resolver`]; how they compose: `guide::composing_layers` |
//! | run a server | [`serve`] |
//! | share draft mode with a running Next.js, refresh its pages | `draft`, `revalidate` |
//!
//! # Features
//!
//! | feature | default | what it brings |
//! | --- | --- | --- |
//! | `runtime` | yes | everything but files-to-routes |
//! | `serve` | yes | [`serve`]: HTTP/1.1 and HTTP/2 |
//! | `tracing` | yes | warnings and errors through `tracing` |
//! | `cors` | | per-route CORS |
//! | `encoding` | | legacy charsets of request bodies |
//! | `preserve_order` | | a `serde_json::Value` keeps its keys in order |
//! | `draft` | | draft mode and preview data, shared with a running Next.js |
//! | `revalidate` | | on-demand revalidation of a running Next.js |
//! | `revalidate-tls` | | the same over HTTPS |
//! | `proxy` | | a proxy to another server |
//! | `proxy-tls` | | the same over HTTPS |
//! | `shadow` | | the responses compared with another server's |
//! | `build` | | files to routes, in a build script; standard library only |

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "runtime")]
#[macro_use]
mod macros;
#[cfg(feature = "runtime")]
mod body;
#[cfg(feature = "runtime")]
pub mod body_parser;
#[cfg(feature = "build")]
pub mod build;
#[cfg(feature = "__client")]
mod client;
#[cfg(feature = "runtime")]
mod config;
#[cfg(feature = "runtime")]
mod configured;
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
// `doctest` has the examples run, `doc` has the pages made.
#[cfg(all(feature = "runtime", any(doc, doctest)))]
pub mod guide;
#[cfg(feature = "runtime")]
mod handler;
#[cfg(feature = "runtime")]
mod json;
#[cfg(feature = "runtime")]
mod log;
#[cfg(feature = "runtime")]
pub mod max_duration;
#[cfg(feature = "runtime")]
mod oneshot;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "runtime")]
pub mod query;
#[cfg(feature = "runtime")]
mod request;
#[cfg(feature = "runtime")]
mod response;
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
#[cfg(feature = "shadow")]
pub mod shadow;
#[cfg(feature = "runtime")]
mod size;
#[cfg(feature = "runtime")]
mod text;

#[cfg(any(feature = "runtime", feature = "build"))]
pub use routing::{RouteError, RouteErrorKind};

#[cfg(feature = "runtime")]
mod exports {
    pub use crate::body::{Body, BodyError, BodyReader, BodyStream, BoxError, LayeredBody};
    pub use crate::body_parser::{BodyParserLayer, FromBody, ParsedBody, RawBody};
    pub use crate::config::RouteConfig;
    pub use crate::configured::{ConfiguredBody, ConfiguredFuture, ConfiguredService};
    pub use crate::cookies::Cookies;
    pub use crate::error::{Error, ErrorContext, IntoHeaderValue};
    pub use crate::external_resolver::ExternalResolverLayer;
    pub use crate::handler::{
        FromFnLayer, HandlerExt, HandlerFuture, HandlerInput, HandlerOutput, IntoRoute, Methods, Next, Route,
        RouteFuture, RouteService, from_fn, handler, methods,
    };
    pub use crate::max_duration::MaxDurationLayer;
    pub use crate::query::{OneOrMany, Query, Values};
    pub use crate::request::{ApiRequest, RemoteAddr};
    pub use crate::response::{
        Accepts, Anything, ApiResponse, BodyWriter, Closed, Event, EventWriter, IntoLocation, IntoPayload,
        Payload, Responder, Response, Result,
    };
    pub use crate::response_limit::ResponseLimitLayer;
    pub use crate::router::{ApiRouter, InFrontOf, InFrontOfFuture, InFrontOfLayer, RouteInfo, Routes};
    pub use crate::routing::{MatchedRoute, TrailingSlash};
    pub use crate::size::{ParseSizeError, SizeLimit};
    // The API takes their types; `cookie::time` has the `Duration` of `Cookie::max_age`.
    pub use cookie::{Cookie, SameSite};
    #[doc(no_inline)]
    pub use {bytes, cookie, http};
}

#[cfg(feature = "runtime")]
#[doc(inline)]
pub use exports::*;

#[cfg(feature = "cors")]
pub use cors::CorsLayer;
#[cfg(feature = "draft")]
pub use draft::{PreviewOptions, PreviewProps, PreviewPropsError};
#[cfg(feature = "proxy")]
pub use proxy::Proxy;
#[cfg(feature = "revalidate")]
pub use revalidate::{HttpRevalidator, RevalidateError, Revalidator};
#[cfg(feature = "serve")]
pub use serve::{Listener, Serve, serve, shutdown_signal};
#[cfg(feature = "shadow")]
pub use shadow::ShadowLayer;

#[cfg(feature = "runtime")]
mod route_file;

/// For the text that the build script writes.
#[cfg(feature = "runtime")]
#[doc(hidden)]
pub mod __private {
    pub use crate::route_file::*;
}

/// The README's examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
