//! Route patterns, their order, and the matching of paths.
//!
//! Build scripts use the patterns and their order too, so both use the standard library only.

mod error;
mod literal;
#[cfg(feature = "runtime")]
mod matched;
#[cfg(feature = "runtime")]
mod matcher;
#[cfg(feature = "runtime")]
mod normalize;
#[cfg(feature = "runtime")]
pub(crate) mod params;
mod pattern;
mod print;
mod tree;

pub use error::{RouteError, RouteErrorKind};
#[cfg(feature = "build")]
pub(crate) use literal::meant;
#[cfg(feature = "runtime")]
pub(crate) use matched::MatchedPath;
#[cfg(feature = "runtime")]
pub use matched::MatchedRoute;
#[cfg(feature = "runtime")]
pub(crate) use matcher::Matcher;
#[cfg(feature = "runtime")]
pub use normalize::TrailingSlash;
#[cfg(feature = "runtime")]
pub(crate) use normalize::{Normalized, fully_normalize, is_normalized, normalize, without_trailing};
pub(crate) use pattern::Pattern;
#[cfg(feature = "openapi")]
pub(crate) use pattern::Segment;
pub(crate) use print::{Row, write_table};
pub(crate) use tree::Tree;
