//! Files as routes, for build scripts.
//!
//! As in Next.js, "any file inside the folder `pages/api` is mapped to `/api/*`". A build script finds the files, and
//! `include_routes!` includes them. This module uses the standard library only.
//!
//! ```toml
//! [dependencies]
//! tower-api-routes = "0.1"
//!
//! [build-dependencies]
//! tower-api-routes = { version = "0.1", default-features = false, features = ["build"] }
//! ```
//!
//! ```no_run
//! // build.rs
//! fn main() {
//!     tower_api_routes::build::routes("src/pages");
//! }
//! ```
//!
//! ```ignore
//! // src/main.rs
//! tower_api_routes::include_routes!(); // defines `fn router() -> ApiRouter`
//! ```
//!
//! # A route file
//!
//! A route file is a module of your crate that exports a handler. The other exports have defaults.
//!
//! ```
//! # #[cfg(feature = "runtime")] mod file {
//! // src/pages/api/post/[pid].rs
//! use tower_api_routes::{ApiRequest, ApiResponse, Result, RouteConfig};
//!
//! pub const CONFIG: RouteConfig = RouteConfig::new().size_limit("500kb");
//!
//! pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
//!     res.json(&req.query().get("pid"))
//! }
//! # }
//! ```
//!
//! | export | what it is |
//! | --- | --- |
//! | `pub async fn handler(req, res) -> Result` | handles the requests |
//! | `pub fn route()` | in place of `handler`: returns anything that `ApiRouter::route` takes; write its type, `-> Methods` or `-> Route` |
//! | `pub const CONFIG: RouteConfig` | the route's configuration |
//! | `pub fn config() -> RouteConfig` | the same, for settings that are not const (CORS); it overrides `CONFIG`, field by field |
//!
//! An export has to be `pub` or `pub(crate)`. A handler that is missing or wrong is a compile error that names the
//! file. So is a constant with Next.js's lower-case name `config`.
//!
//! # File names
//!
//! | file | route |
//! | --- | --- |
//! | `src/pages/api/index.rs` | `/api` |
//! | `src/pages/api/hello.rs` | `/api/hello` |
//! | `src/pages/api/feed.json.rs` | `/api/feed.json` |
//! | `src/pages/api/post/[pid].rs` | `/api/post/[pid]` |
//! | `src/pages/api/[user]/posts.rs` | `/api/[user]/posts` |
//! | `src/pages/api/must/[...slug].rs` | `/api/must/[...slug]` |
//! | `src/pages/api/may/[[...slug]].rs` | `/api/may/[[...slug]]` |
//! | `src/pages/.well-known/openid.rs` | `/.well-known/openid` |
//! | `src/pages/api/café.rs` | `/api/café`, which also matches `/api/caf%C3%A9` |
//!
//! These are not routes: `mod.rs`, files whose name starts with `_` or `.`, and everything in folders whose name starts
//! with `_`. (In Next.js such files are routes, and helpers have to be outside `pages`.) Files without one of the
//! [`page_extensions`](Builder::page_extensions) are ignored. (`cargo package` skips folders whose name starts with a
//! dot, unless they are in git or listed in the manifest's `include`.)
//!
//! Routes that Next.js rejects, and two files for one route, fail the build with the paths of the files. A probable
//! mistake causes a warning that says what to write:
//!
//! | file | warning |
//! | --- | --- |
//! | `.hidden.rs`, `mod.rs`, `_not-a-name.rs`, a folder `_notes` without `mod.rs` | the file is ignored |
//! | `[pid.rs`, `[id]x.rs`, `{id}.rs`, `:id.rs` | the name is a literal: a parameter is a whole name in brackets |
//! | `build::routes("src/pages/api")` | its routes start with `/`, not with `/api`: see [`Builder::prefix`] |
//! | `pub const CONFG`, a private `CONFIG`, a `handler` that `route` does not mention | it is not used |
//!
//! A folder without a route is an error, unless [`Builder::allow_empty`] allows it.
//!
//! # Helpers
//!
//! A route file can use everything in its crate: `use crate::db::Db`. A helper of one folder can be in that folder:
//! `_auth.rs`, or `_auth/mod.rs`, is the module `_auth` beside the folder's routes. A route uses it with
//! `use super::_auth::user`, and one in a subfolder with `use super::super::_auth::user`. The module is declared for
//! you. A `mod _auth;` of your own would be a second copy. The name `_middleware` is that of a file that wraps routes.
//!
//! # Middleware
//!
//! A file `_middleware.rs` wraps the routes of its folder and of the folders in it, as `_middleware.js` did in Next.js 12:
//! all requests that match one of these routes, also those that get a 405, or the implied response to `OPTIONS`. The
//! middleware of an outer folder is outside. A request that matches no route does not pass through it.
//!
//! ```
//! # #[cfg(feature = "runtime")] mod file {
//! // src/pages/api/_middleware.rs
//! use tower_api_routes::{ApiRequest, ApiResponse, Body, Error, ErrorContext, Next, Result, RouteConfig};
//!
//! pub const CONFIG: RouteConfig = RouteConfig::new().size_limit("100kb");
//!
//! pub async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
//!     if req.cookies().get("session").is_none() {
//!         return Err(Error::new(401, "Sign in first"));
//!     }
//!     next.run(req, res).await
//! }
//!
//! pub fn map_error(error: Error, request: &ErrorContext<'_>) -> Error {
//!     Error::json(error.status(), &(error.message(), request.path()))
//! }
//! # }
//! ```
//!
//! | export | what it is |
//! | --- | --- |
//! | `pub async fn middleware(req, res, next) -> Result` | wraps the routes, as [`from_fn`](crate::from_fn) does |
//! | `pub const CONFIG: RouteConfig`, `pub fn config() -> RouteConfig` | the default configuration of the routes |
//! | `pub fn map_error(error: Error, request: &ErrorContext<'_>) -> Error` | [`map_error`](crate::ApiRouter::map_error) for the routes and the middleware; that of an inner folder acts in place of it |
//! | `pub fn on_error(error: &Error, request: &ErrorContext<'_>)` | [`on_error`](crate::ApiRouter::on_error) for the same, besides that of an inner folder |
//!
//! A file with none of these exports is an error of the build. [`routes`](crate::ApiRouter::routes) shows which files wrap
//! a route.
//!
//! # Editors
//!
//! rust-analyzer treats route files and helpers as modules of the crate: errors, hover, completion, *go to definition*
//! and formatting on save work as in any other file. It finds them by the build script, so keep
//! `cargo.buildScripts.enable` on, which is the default. A new file is reported as `unlinked-file` until `cargo check`
//! has run the build script again. rust-analyzer does that when you save the file.
//!
//! # Formatting
//!
//! `cargo fmt` follows the `mod` items in your sources, and does not find route files. Pass them after `--`, and it
//! formats both:
//!
//! ```sh
//! find src/pages -name '*.rs' -exec cargo fmt -- {} +
//! ```
//!
//! In CI, use `cargo fmt --check --` in place of `cargo fmt --`. clippy, rustdoc and coverage tools find every file,
//! because they use the compiler.

#![allow(clippy::needless_doctest_main)] // a build script is its `main`

mod advice;
mod builder;
mod error;
mod folder;
mod module;
mod route;
mod source;

pub use builder::{Builder, routes};
pub use error::BuildError;
