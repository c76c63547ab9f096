//! Sessions that NextAuth 4, Auth.js 5 and iron-session have set: each side reads and writes the cookies of the other.
//!
//! [`ApiRouter::sessions`](crate::ApiRouter::sessions) sets the secret of the Next.js app. A handler then reads the
//! session with [`ApiRequest::session`](crate::ApiRequest::session), and writes it with
//! [`ApiResponse::set_session`](crate::ApiResponse::set_session) and
//! [`clear_session`](crate::ApiResponse::clear_session). [`signed_in`](crate::signed_in) refuses requests without one.
//!
//! ```
//! use serde::Deserialize;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, OrStatus as _, Result, Sessions};
//!
//! // The fields of the token that the handler needs, as `session` and `jwt` callbacks have put them there.
//! #[derive(Deserialize)]
//! struct User { name: String }
//!
//! async fn me(req: ApiRequest, res: ApiResponse) -> Result {
//!     let user: User = req.session()?.or_status(401)?;
//!     res.json(&user.name)
//! }
//!
//! # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # let secret = "a secret of the Next.js app";
//! // `Sessions::next_auth_from_env()?` reads the variables that NextAuth reads.
//! let api = ApiRouter::new().sessions(Sessions::next_auth(secret)?).route("/api/me", me);
//! # Ok(()) }
//! ```
//!
//! # Formats
//!
//! | | NextAuth 4 | Auth.js 5 | iron-session 8 and 9 |
//! | --- | --- | --- | --- |
//! | constructor | [`Sessions::next_auth`] | [`Sessions::auth_js`] | [`Sessions::iron`] |
//! | token | JWE, `dir`, A256GCM | JWE, `dir`, A256CBC-HS512 with `kid`; A256GCM is read, too | `Fe26.2` |
//! | key | HKDF-SHA-256 | HKDF-SHA-256, with the cookie's name as the salt | PBKDF2-SHA-1, one round, a salt for each seal |
//! | valid for | 30 days | 30 days | 14 days |
//! | long cookies | chunks of 3,933 characters | chunks of 3,936 characters | up to four chunks, by choice |
//!
//! The packages read what they never write: other algorithms of a JWE (A128CBC-HS256, A256KW, …) and compression
//! (`zip`). Such a token counts as forged here, and so does a header with `crit`. iron-session 8 reads a seal with
//! another marker than `~2` in another way; the marker is not authenticated, and is ignored, as in version 9.
//!
//! The packages join every cookie whose name begins with that of the session. Here only `name` and `name.0`, `name.1`, …
//! belong to it; a whole cookie counts before its chunks, and these count up to the first gap. So a chunk that an earlier
//! session has left does not sign out the user.
//!
//! # Trust
//!
//! A tag is compared in constant time, before anything of the content is read. A cookie that is missing, forged, cut,
//! expired or not yet valid is no session: [`session`](crate::ApiRequest::session) returns `None`, and one event at the
//! level debug says which of these it is. What opens and does not fit the type is an error, because only a program with
//! the secret can have made it. Neither a log nor an error nor `Debug` shows a secret, a cookie or a value of a session.
//!
//! A session is opened once for each request, and only if a handler asks for it. The work grows with the length of the
//! cookie and the number of secrets.
//!
//! Guide: [sessions](crate::guide::sessions).

mod claims;
mod cookies;
mod env;
mod error;
mod iron;
mod jwe;
mod opened;
mod passwords;
mod prepare;
mod sessions;
mod store;

pub use error::SessionsError;
pub(crate) use opened::Opened;
pub use passwords::Passwords;
pub use sessions::Sessions;
pub(crate) use store::Store;
