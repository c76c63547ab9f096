//! A [`RouteConfig`](crate::RouteConfig) as a layer: each field that is set does its part, in one order.

mod body;
mod future;
mod layer;
mod service;

pub use body::ConfiguredBody;
pub use future::ConfiguredFuture;
pub use service::ConfiguredService;
