//! Guides. This module exists in the documentation only, and has no items. The examples are compiled and run as tests.

#[cfg(feature = "cors")]
#[doc = include_str!("../docs/nextjs.md")]
pub mod nextjs {}

#[cfg(all(feature = "serve", feature = "proxy", feature = "shadow"))]
#[doc = include_str!("../docs/migration.md")]
pub mod migration {}

#[doc = include_str!("../docs/cli.md")]
pub mod cli {}

#[doc = include_str!("../docs/next-config.md")]
pub mod next_config {}

#[cfg(all(feature = "proxy", feature = "session"))]
#[doc = include_str!("../docs/real-files.md")]
pub mod real_files {}

#[doc = include_str!("../docs/files-as-routes.md")]
pub mod files_as_routes {}

#[doc = include_str!("../docs/tower.md")]
pub mod tower {}

#[doc = include_str!("../docs/coming-from-axum.md")]
pub mod coming_from_axum {}

#[cfg(all(feature = "serve", feature = "cors"))]
#[doc = include_str!("../docs/composing-layers.md")]
pub mod composing_layers {}

#[doc = include_str!("../docs/wrappers.md")]
pub mod wrappers {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/uploads.md")]
pub mod uploads {}

#[doc = include_str!("../docs/streaming.md")]
pub mod streaming {}

#[cfg(feature = "serve")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[cfg(all(feature = "serve", feature = "tracing"))]
#[doc = include_str!("../docs/operating.md")]
pub mod operating {}

#[cfg(feature = "openapi")]
#[doc = include_str!("../docs/openapi.md")]
pub mod openapi {}

#[cfg(feature = "session")]
#[doc = include_str!("../docs/sessions.md")]
pub mod sessions {}
