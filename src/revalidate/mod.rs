//! On-demand revalidation: a handler revalidates pages of a running Next.js.
//!
//! [`ApiRouter::revalidator`](crate::ApiRouter::revalidator) sets a [`Revalidator`], usually an [`HttpRevalidator`]
//! with the address of each Next.js server and the build's id. Then
//! [`ApiResponse::revalidate`](crate::ApiResponse::revalidate) has all of the servers render a page again.
//!
//! ```
//! use std::time::Duration;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HttpRevalidator, Result};
//!
//! // Called by the CMS when a post has changed.
//! async fn changed(req: ApiRequest, res: ApiResponse) -> Result {
//!     let id: u64 = req.query().get("id").unwrap_or_default().parse()?;
//!     res.revalidate(&format!("/posts/{id}")).await?;
//!     res.json(&serde_json::json!({ "revalidated": true }))
//! }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # let preview_mode_id = "b4dcc63841b33c5733e2bea938442e44";
//! // The id is in the build's `.next/prerender-manifest.json`: with the feature `draft`, `PreviewProps::mode_id`.
//! let next = HttpRevalidator::new(preview_mode_id, ["http://10.0.0.1:3000", "http://10.0.0.2:3000"])?
//!     .timeout(Duration::from_secs(10));
//! let api = ApiRouter::new().revalidator(next).route("/api/changed", changed);
//! # Ok(()) }
//! ```
//!
//! `https` needs the feature `revalidate-tls`. It uses the certificates that the system trusts.
//!
//! Source:
//! [on-demand revalidation](https://nextjs.org/docs/pages/guides/incremental-static-regeneration#on-demand-validation-with-resrevalidate).

mod error;
mod http;
mod revalidator;

pub use self::error::{NotRevalidated, OriginResult, RevalidateError, RevalidateErrorKind};
pub use self::http::HttpRevalidator;
pub use self::revalidator::{Revalidate, RevalidateFuture, RevalidateRequest, Revalidator};
pub use crate::client::OriginError;
