//! Typed clients: TypeScript types for a Next.js front end, and an OpenAPI document, from the Rust types of the routes.
//!
//! ```sh
//! cd examples && cargo run -p example-typed-client
//! curl localhost:4000/api/openapi.json
//! cargo run -p example-typed-client -- types > ../my-app/types/api.ts
//! ```
//!
//! In the front end `fetch` has the types of the handlers, by path and method. A field that changes its name, or a route that
//! is gone, does not compile:
//!
//! ```ts
//! import { fetch } from "@/types/api";
//!
//! const response = await fetch("/api/post/1");
//! if (response.ok) console.log((await response.json()).title); // a Post
//! await fetch("/api/post", { method: "POST", json: { title: "Second" } });
//! ```
//!
//! TypeScript by the crate's feature `typescript` and ts-rs, which follows serde's attributes. OpenAPI by schemars: since version 3.1 its schemas are JSON Schema, which schemars
//! derives, and paths, methods and parameters are in the route table already. utoipa would have each of them written a
//! second time, in an attribute on the handler.

mod openapi;

use openapi::{Operation, document};
use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpListener;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Error, HandlerExt as _, Result, methods, serve, shutdown_signal,
};
use ts_rs::TS;

#[derive(Deserialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
struct NewPost {
    title: String,
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<String>>")]
    reading_list: Vec<String>,
}

#[derive(Clone, Serialize, JsonSchema, TS)]
#[serde(rename_all = "camelCase")]
struct Post {
    id: u32,
    title: String,
    reading_list: Vec<String>,
    state: State,
}

#[derive(Clone, Serialize, JsonSchema, TS)]
#[serde(rename_all = "lowercase")]
#[allow(dead_code)] // posts are published elsewhere
enum State {
    Draft,
    Published,
}

#[derive(Default)]
struct Posts(Mutex<Vec<Post>>);

/// What `/api/openapi.json` answers.
struct OpenApi(Value);

async fn list(req: ApiRequest, res: ApiResponse<Vec<Post>>) -> Result {
    let posts = req.state::<Posts>()?.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    res.json(&posts)
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let (req, NewPost { title, reading_list }) = req.into_parts();
    let mut posts = req.state::<Posts>()?.0.lock().unwrap_or_else(PoisonError::into_inner);
    let id = u32::try_from(posts.len() + 1)?;
    let post = Post { id, title, reading_list, state: State::Draft };
    posts.push(post.clone());
    res.status(201).json(&post)
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    #[derive(Deserialize)]
    struct Params {
        pid: u32,
    }
    let Params { pid } = req.query_as()?;
    let posts = req.state::<Posts>()?.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let post = posts.into_iter().find(|post| post.id == pid);
    res.json(&post.ok_or_else(|| Error::new(404, "no such post"))?)
}

async fn openapi(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.state::<OpenApi>()?.0)
}

fn router() -> ApiRouter {
    let api = ApiRouter::new()
        .state(Posts::default())
        .route("/api/post", methods().get(list.typed()).post(create.typed()))
        .route("/api/post/[pid]", methods().get(show.typed()));
    // The types of the handlers, beside what the table of routes knows.
    let operations = [
        Operation::get("/api/post").answers(schema_for!(Vec<Post>)),
        Operation::post("/api/post").takes(schema_for!(NewPost)).answers(schema_for!(Post)),
        Operation::get("/api/post/[pid]").answers(schema_for!(Post)),
    ];
    let document = document("Posts", "1.0.0", &api.routes(), &operations);
    api.state(OpenApi(document)).route("/api/openapi.json", methods().get(openapi))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("types") {
        print!("{}", router().typescript());
        return Ok(());
    }
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}

#[cfg(test)]
mod tests;
