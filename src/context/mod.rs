//! The context of a request: its route, the configuration, and the settings of the router.

mod extension;
mod head;
mod measured;
mod route;
mod settings;

pub(crate) use extension::ContextExtension;
pub(crate) use head::RequestHead;
pub(crate) use measured::Measured;
pub(crate) use route::{Matched, RouteContext};
pub(crate) use settings::Settings;
