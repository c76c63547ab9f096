//! The context of a request: its route, the configuration, and the settings of the router.

mod head;
mod hooks;
mod line;
mod route;
mod settings;

pub(crate) use head::RequestHead;
pub(crate) use hooks::Hooks;
pub(crate) use line::RequestLine;
pub(crate) use route::{ContextExtension, Matched, RouteContext};
pub(crate) use settings::Settings;
