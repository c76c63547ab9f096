//! Draft mode and preview data, shared with a running Next.js: each side accepts the cookies of the other.
//!
//! [`ApiRouter::preview`](crate::ApiRouter::preview) sets the keys of the Next.js build. A handler then turns draft
//! mode and preview data on and off with [`ApiResponse::set_draft_mode`](crate::ApiResponse::set_draft_mode),
//! [`set_preview_data`](crate::ApiResponse::set_preview_data) and
//! [`clear_preview_data`](crate::ApiResponse::clear_preview_data). It reads them with
//! [`ApiRequest::draft_mode`](crate::ApiRequest::draft_mode) and [`preview_data`](crate::ApiRequest::preview_data).
//!
//! ```
//! use serde_json::json;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, PreviewOptions, PreviewProps, Result};
//!
//! // From the editor of a CMS: the page is then rendered with the draft of the post.
//! async fn preview(req: ApiRequest, res: ApiResponse) -> Result {
//!     let post = json!({ "post": req.query().get("id") });
//!     let options = PreviewOptions::new().max_age(60 * 60);
//!     res.set_preview_data(&post, options).await.redirect("/posts/1")
//! }
//!
//! async fn posts(req: ApiRequest, res: ApiResponse) -> Result {
//!     res.json(&json!({ "drafts": req.draft_mode(), "data": req.preview_data() }))
//! }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # let key = "0123456789abcdef0123456789abcdef";
//! // `PreviewProps::from_env()?`, or from the build itself: `PreviewProps::from_manifest(".next/prerender-manifest.json")?`
//! let props = PreviewProps::new(key, key, key)?;
//! let api = ApiRouter::new().preview(props).route("/api/preview", preview).route("/api/posts", posts);
//! # Ok(()) }
//! ```
//!
//! # What happens before the handler
//!
//! As in Next.js, the cookies `__prerender_bypass` and `__next_preview_data` are checked before every handler of such a
//! router. Cookies are stale if they are from an older build, expired or forged, or if one comes without the other. The
//! handler's response then deletes them, and the handler gets the request as if they were absent.
//!
//! A request with the header `x-prerender-revalidate` and the right id renders a page for all users, so its cookies are
//! ignored. A tower service that is a route gets the request unchecked.
//!
//! # Keys
//!
//! The preview data is encrypted with a key that PBKDF2 derives in 100,000 rounds from the build's key and a random
//! salt. That takes about 50 milliseconds, on tokio's blocking threads. Keys are kept: for reading, those of the 64
//! salts that were used last, and for writing, a single one, whose salt is created at the first use. So a process
//! derives one key for all the cookies that it writes.
//!
//! Without optimization the derivation takes seconds. For debug builds, optimize the crates that do it:
//!
//! ```toml
//! # Cargo.toml
//! [profile.dev.package]
//! digest.opt-level = 3
//! hmac.opt-level = 3
//! pbkdf2.opt-level = 3
//! sha2.opt-level = 3
//! ```
//!
//! One salt for many cookies is safe. A salt protects weak passwords, and the build's key is not a password but 256
//! random bits. An initialization vector must not be used twice with one key. Each cookie has its own, of 16 random
//! bytes: after 2^32 cookies the probability of a repetition is below 2^-60. Each process creates a new salt.
//!
//! # Trust
//!
//! A token is verified (HMAC, compared in constant time) before its content is read. So only a client with the signing
//! key can fill the cache of keys or cause a derivation. Only HS256 is accepted. Next.js also reads HS384 and HS512,
//! but writes HS256 only. An invalid token is cleared, and the reason is not reported. A token that has a valid
//! signature and cannot be decrypted means that the encryption key is wrong. As in Next.js that is a 500, and it is
//! logged.
//!
//! Source: [draft mode](https://nextjs.org/docs/pages/guides/draft-mode) and
//! [preview mode](https://nextjs.org/docs/pages/guides/preview-mode).

mod cookies;
mod crypto;
mod preview;
mod props;
mod set_cookie;
mod token;

pub(crate) use cookies::PreviewCookies;
pub(crate) use preview::Preview;
pub use props::{PreviewOptions, PreviewProps, PreviewPropsError};
pub(crate) use set_cookie::{clearing_cookies, draft_cookie, preview_cookies};

/// The cookie that turns draft mode on. Its value is the build's id.
pub(crate) const BYPASS_COOKIE: &str = "__prerender_bypass";
/// The cookie with the preview data, signed and encrypted.
pub(crate) const DATA_COOKIE: &str = "__next_preview_data";
