//! Files as routes, for build scripts.
//!
//! As in Next.js, "any file inside the folder `pages/api` is mapped to `/api/*`": a build script finds the files, and
//! `include_routes!` includes them. This module needs the standard library only.
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
//! tower_api_routes::include_routes!(); // and `router()` is the `ApiRouter`
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
//! | `pub fn config() -> RouteConfig` | the same, for what is not const (CORS); where both set a field, the function wins |
//!
//! An export needs its `pub`, or `pub(crate)`. A handler that is missing or wrong is a compile error that names the file,
//! and so is Next.js's lower-case `config` as a constant.
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
//! Not routes: `mod.rs`, files whose name starts with `_` or `.`, and folders whose name starts with `_`, with all that is in
//! them. (In Next.js such files are routes, and helpers have to live outside of `pages`.) Files with
//! another extension than [`page_extensions`](Builder::page_extensions) are left alone. (`cargo package` leaves out folders
//! whose name starts with a dot, unless they are in git or named in the manifest's `include`.)
//!
//! Routes that Next.js refuses, and two files for one route, fail the build with the paths of the two files. What is legal
//! and probably a slip gets a warning from cargo that says what to write:
//!
//! | found | warning |
//! | --- | --- |
//! | `.hidden.rs`, `mod.rs`, `_not-a-name.rs`, a folder `_notes` without `mod.rs` | the file is passed over |
//! | `[pid.rs`, `[id]x.rs`, `{id}.rs`, `:id.rs` | the name is a literal: a parameter is a whole name in brackets |
//! | `build::routes("src/pages/api")` | its routes start at `/`, not at `/api`: see [`Builder::prefix`] |
//!
//! # Helpers
//!
//! A route file reaches everything in its crate: `use crate::db::Db`. What belongs to one folder can live in it:
//! `_auth.rs`, or `_auth/mod.rs`, is the module `_auth` beside the folder's routes: `use super::_auth::user`, and
//! `use super::super::_auth::user` from a folder further down. It is declared for you: a `mod _auth;` of your own would
//! be a second copy.
//!
//! # Editors
//!
//! rust-analyzer sees route files and helpers as modules of the crate: errors, hover, completion, *go to definition* and
//! formatting on save work as in any other file. It learns of them from the build script, so leave
//! `cargo.buildScripts.enable` on, as it is by default. A new file is reported as `unlinked-file` until `cargo check` has run
//! the build script again: rust-analyzer does so when you save the file.
//!
//! # Formatting
//!
//! `cargo fmt` follows the `mod`s that it finds in your sources, and does not find these. It takes more files behind `--`, and
//! then formats both:
//!
//! ```sh
//! find src/pages -name '*.rs' -exec cargo fmt -- {} +
//! ```
//!
//! In CI, `cargo fmt --check --` in its place. clippy, rustdoc and coverage tools ask the compiler, and see every file.

#![allow(clippy::needless_doctest_main)] // a build script is its `main`

mod builder;
mod error;
mod folder;
mod module;
mod route;
mod source;

pub use builder::{Builder, routes};
pub use error::BuildError;
