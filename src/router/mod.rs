//! Which route answers: the pattern syntax, the order, the table, the service.

mod error;
#[cfg(feature = "runtime")]
mod frozen;
#[cfg(feature = "runtime")]
mod layer;
mod literal;
#[cfg(feature = "runtime")]
pub(crate) mod params;
#[cfg(feature = "runtime")]
mod path;
mod pattern;
mod print;
#[cfg(feature = "runtime")]
mod routes;
#[cfg(feature = "runtime")]
mod service;
#[cfg(feature = "runtime")]
mod table;
mod tree;

#[cfg(feature = "runtime")]
mod api_router;

#[cfg(feature = "runtime")]
pub use api_router::ApiRouter;
pub use error::{RouteError, RouteErrorKind};
#[cfg(feature = "runtime")]
pub use layer::{ApiRoutes, LayerFuture};
#[cfg(feature = "build")]
pub(crate) use literal::meant;
#[cfg(feature = "runtime")]
pub use path::TrailingSlash;
#[cfg(feature = "runtime")]
pub(crate) use path::without_trailing;
pub(crate) use pattern::Pattern;
#[cfg(feature = "build")]
pub(crate) use print::{Row, write_table};
#[cfg(feature = "runtime")]
pub use routes::{RouteInfo, Routes};
#[cfg(feature = "runtime")]
pub use service::ResponseFuture;
#[cfg(feature = "build")]
pub(crate) use tree::Tree;
