//! A [`RouteConfig`](crate::RouteConfig) as a layer around any service.
//!
//! It applies the fields that are set, from the outside in: CORS, the deadline, the response limit, the body parser.
//! `etag` and `external_resolver` are only passed on to inner handlers.
//!
//! ```
//! use std::time::Duration;
//! use tower::Layer as _;
//! use tower_api_routes::RouteConfig;
//! use tower_api_routes::configured::ConfiguredService;
//! use tower_http::services::ServeDir;
//!
//! /// Files that are sent within a minute.
//! fn files() -> ConfiguredService<ServeDir> {
//!     RouteConfig::new().max_duration(Duration::from_secs(60)).layer(ServeDir::new("public"))
//! }
//! ```
//!
//! Guide: [composing layers](crate::guide::composing_layers).

mod future;
mod service;

pub use future::ConfiguredFuture;
pub use service::ConfiguredService;

use crate::body::LayeredBody;

/// The response body of a [`ConfiguredService`].
pub type ConfiguredBody<B> = LayeredBody<B>;
