//! A [`RouteConfig`](crate::RouteConfig) as a layer.
//!
//! It wraps the service in the layers of the fields that are set, in a fixed order. `etag` and `external_resolver` are
//! only passed on to inner handlers.

mod body;
mod future;
mod layer;
mod service;

pub use body::ConfiguredBody;
pub use future::ConfiguredFuture;
pub use service::ConfiguredService;
