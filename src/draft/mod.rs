//! Draft mode and preview data, shared with a running Next.js: a cookie that either side sets is honoured by the other.
//!
//! Give the router the keys of the Next.js build with [`ApiRouter::preview`](crate::ApiRouter::preview). Then a handler
//! switches draft mode and preview data with [`ApiResponse::set_draft_mode`](crate::ApiResponse::set_draft_mode),
//! [`set_preview_data`](crate::ApiResponse::set_preview_data) and
//! [`clear_preview_data`](crate::ApiResponse::clear_preview_data), and reads them with
//! [`ApiRequest::draft_mode`](crate::ApiRequest::draft_mode) and
//! [`preview_data`](crate::ApiRequest::preview_data).
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
//! The two cookies, `__prerender_bypass` and `__next_preview_data`, are checked before every handler of such a router, as in
//! Next.js: stale ones (of an older build, expired, forged, or one without the other) are cleared in whatever the handler
//! answers, and the request counts as one without them. A request with the header `x-prerender-revalidate` and the
//! right id renders a page for everybody, so its cookies count for nothing. A tower service that is a route is not a
//! handler: it sees the request as it came.
//!
//! # Keys
//!
//! The preview data is encrypted with a key that PBKDF2 derives in 100,000 rounds from the build's key and a random salt: some
//! 50 milliseconds of one core. It runs on tokio's blocking threads, never on those that serve requests. A key is kept: for
//! reading, those of the 64 salts that were last used; for writing, the one of a salt that is made at the first use. So a
//! process pays once for all the cookies that it writes.
//!
//! Is one salt for many cookies sound? The salt makes guessing a weak password dear, and the build's key is no password but
//! 256 random bits. What a key must never meet twice is an initialisation vector, and each cookie has its own, 16 random
//! bytes: after 2^32 cookies the odds of a second meeting are below 2^-60. A new process has a new salt.
//!
//! # Trust
//!
//! A token is verified (HMAC, compared in constant time) before anything in it is looked at, so only those who have the
//! signing key can fill the cache of keys or spend its time. Only HS256 is accepted; Next.js, which only ever writes
//! HS256, would also read HS384 and HS512. A refused token is cleared without a word about the reason. One that is signed
//! with the right key and cannot be decrypted means that the encryption key is wrong: that is a 500, as in Next.js, and is logged.
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

/// Says "this request wants drafts" and carries the build's id.
pub(crate) const BYPASS_COOKIE: &str = "__prerender_bypass";
/// Carries the signed and encrypted preview data.
pub(crate) const DATA_COOKIE: &str = "__next_preview_data";
