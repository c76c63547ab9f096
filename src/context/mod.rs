//! What a request meets in a route: its pattern, its configuration, and what the router holds for all routes.

mod extension;
mod head;
mod line;
mod route;
mod settings;

pub(crate) use extension::ContextExtension;
pub(crate) use head::RequestHead;
pub(crate) use line::{Measured, RequestLine};
pub(crate) use route::{Matched, RouteContext};
pub(crate) use settings::Settings;
