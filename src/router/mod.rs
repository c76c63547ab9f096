//! The router as a service, and in front of another service.

mod api_router;
mod built;
mod in_front_of;
mod redirect;
mod routes;
mod service;

pub use api_router::ApiRouter;
pub use in_front_of::{ApiRoutes, LayerFuture};
pub use routes::{RouteInfo, Routes};
