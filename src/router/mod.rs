//! The router, as a service and in front of another service.

mod api_router;
mod built;
mod compose;
mod errors;
mod in_front_of;
mod nest_service;
mod own;
mod parts;
mod redirect;
mod routes;
mod service;
#[cfg(feature = "typescript")]
mod typescript;

pub use api_router::ApiRouter;
pub use in_front_of::{InFrontOf, InFrontOfFuture, InFrontOfLayer};
pub use routes::{RouteInfo, Routes};
