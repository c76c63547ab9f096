//! A TypeScript file with the types of the routes, for a front end.
//!
//! `typed()` on a handler keeps the types of its signature, the `B` of `ApiRequest<B>` and the `T` of `ApiResponse<T>`, with the
//! route. They are `ts_rs::TS`, which ts-rs derives from the same attributes of serde that decide what goes over the wire.
//! [`ApiRouter::typescript`](crate::ApiRouter::typescript) returns the file:
//!
//! ```
//! use serde::{Deserialize, Serialize};
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, methods};
//! use ts_rs::TS;
//!
//! #[derive(Deserialize, TS)]
//! struct NewPost { title: String }
//!
//! #[derive(Serialize, TS)]
//! struct Post { id: u64, title: String }
//!
//! async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
//!     res.status(201).json(&Post { id: 1, title: req.into_body().title })
//! }
//!
//! async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
//!     res.json(&Post { id: req.query().get("pid").unwrap_or_default().parse()?, title: "First".into() })
//! }
//!
//! let api = ApiRouter::new()
//!     .route("/api/post", methods().post(create.typed()))
//!     .route("/api/post/[pid]", methods().get(show.typed()));
//!
//! let file = api.typescript(); // for `std::fs::write("../my-app/api.ts", file)`
//! assert!(file.contains("export type NewPost = { title: string, };"));
//! ```
//!
//! # In the front end
//!
//! The file exports a `fetch` that knows the routes. It is the global one, with two more options: `json` is sent as the body,
//! and `query` is appended to the path.
//!
//! ```ts
//! import { fetch } from "@/api";
//!
//! const response = await fetch(`/api/post/${pid}`);
//! if (response.ok) {
//!   const post = await response.json(); // Post
//! }
//! await fetch("/api/post", { method: "POST", json: { title: "Second" } });
//!
//! await fetch("/api/pots");             // does not compile: no such route
//! await fetch("/api/post");             // does not compile: POST only
//! await fetch("/api/post", { method: "POST", json: { subject: "Second" } }); // does not compile
//! ```
//!
//! A path finds its route as on the server: static segments first, then parameters, then catch-alls. Where the response is not
//! `ok`, the body is an error's, and `unknown`. `createFetch(origin)` is for code that runs on the server of the front end, and
//! `ApiRoutes` is the table of routes as a type: `ApiRoutes["/api/post"]["POST"]["body"]`. A path has the
//! [`base_path`](crate::ApiRouter::base_path) of the router.
//!
//! # What is typed
//!
//! - A route whose handlers are not `typed()` is in the file, with `unknown` for its body and its response.
//! - What the handler reads with [`ApiRequest::query_as`](crate::ApiRequest::query_as) does not stand in its signature:
//!   [`HandlerExt::query_type`](crate::HandlerExt::query_type) names it.
//! - Integers of 64 bits and more are a `number`, as `JSON.parse` makes them.
//! - `Option<T>` is `T | null`; `#[ts(optional)]` makes it a field that can be missing.
//! - A path is matched by the compiler of TypeScript, which takes a moment for each call: it is made for some hundreds of routes,
//!   and gives up at 900. Write a file for each of the routers that are merged where there are more.
//! - A file that is a route exports `pub fn route() -> Methods`, with the typed handlers.
//!
//! The file changes with the types. A test that compares it with the one in the front end's folder finds a forgotten one.

mod declarations;
mod error;
mod file;
mod types;

pub use error::TypescriptError;
pub(crate) use file::{Operation, file};
pub use types::TypescriptType;
pub(crate) use types::{RouteTypes, Type};
