//! A [`RouteConfig`](crate::RouteConfig) as a layer. Each field that is set adds its layer, in a fixed order.

mod body;
mod future;
mod layer;
mod service;

pub use body::ConfiguredBody;
pub use future::ConfiguredFuture;
pub use service::ConfiguredService;
