//! A [`RouteConfig`](crate::RouteConfig) as a layer.
//!
//! It applies the fields that are set, from the outside in: CORS, the deadline, the response limit, the body parser.
//! `etag` and `external_resolver` are only passed on to inner handlers.

mod future;
mod service;

pub use future::ConfiguredFuture;
pub use service::ConfiguredService;

use crate::body::LayeredBody;

/// The response body of a [`ConfiguredService`].
pub type ConfiguredBody<B> = LayeredBody<B>;
