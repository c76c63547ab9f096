//! Guides, in the documentation only: there is nothing to import here. Their examples are compiled as tests.

#[doc = include_str!("../docs/nextjs.md")]
pub mod nextjs {}

#[doc = include_str!("../docs/coming-from-axum.md")]
pub mod coming_from_axum {}

#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

#[doc = include_str!("../docs/streaming.md")]
pub mod streaming {}

#[cfg(all(feature = "serve", feature = "cors"))]
#[doc = include_str!("../docs/composing-layers.md")]
pub mod composing_layers {}
