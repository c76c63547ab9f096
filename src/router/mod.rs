//! The router, as a service and in front of another service.

mod api_router;
mod built;
mod compose;
mod errors;
pub mod in_front_of;
mod nest_service;
#[cfg(feature = "openapi")]
mod openapi;
mod own;
mod parts;
mod redirect;
mod routes;
mod service;

pub use api_router::ApiRouter;
pub use routes::{RouteInfo, Routes};
