//! One description, every client: an OpenAPI document from the routes and the types of handlers, a front end that compiles
//! against it, and a page to read it.
//!
//! ```sh
//! cd examples/typed-client
//! cargo run -- openapi > web/openapi.json         # after each change of the API; a test compares
//! (cd web && npm install && npm run build)        # openapi-typescript, then tsc --strict
//! cargo run                                       # http://localhost:4000/, and /docs.html
//! ```
//!
//! The front end is `web/main.ts`. A field that changes its name, or a route that is gone, does not compile there. `docs.html` is
//! Swagger UI from `node_modules`: no request leaves the machine.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, PoisonError};
use tokio::net::TcpListener;
use tower_api_routes::openapi::{Document, Info};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, DescribeExt as _, Error, JsDate, Result, methods, serve,
    shutdown_signal,
};
use tower_http::services::ServeDir;

/// What an author sends, as JSON or by a form.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewPost {
    title: String,
    #[serde(default)]
    reading_list: Vec<String>,
}

#[derive(Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Post {
    id: u32,
    title: String,
    reading_list: Vec<String>,
    state: State,
    /// As `JSON.stringify(new Date())` writes it.
    #[serde(with = "JsDate")]
    created: DateTime<Utc>,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum State {
    Draft,
    Published,
}

#[derive(Deserialize, JsonSchema)]
struct Filter {
    /// Only posts in this state.
    state: Option<State>,
}

#[derive(Deserialize, JsonSchema)]
struct Id {
    id: u32,
}

#[derive(Serialize, JsonSchema)]
struct NoSuchPost {
    missing: u32,
}

#[derive(Default)]
struct Posts(Mutex<Vec<Post>>);

impl Posts {
    fn all(&self) -> Vec<Post> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn find(&self, id: u32) -> Result<Post> {
        let post = self.all().into_iter().find(|post| post.id == id);
        post.ok_or_else(|| Error::json(404, &NoSuchPost { missing: id }))
    }

    fn add(&self, NewPost { title, reading_list }: NewPost) -> Result<Post> {
        let mut posts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let id = u32::try_from(posts.len() + 1)?;
        posts.push(Post { id, title, reading_list, state: State::Draft, created: Utc::now() });
        Ok(posts[posts.len() - 1].clone())
    }
}

async fn list(req: ApiRequest, res: ApiResponse<Vec<Post>>) -> Result {
    let Filter { state } = req.query_as()?;
    let mut posts = req.state::<Posts>()?.all();
    posts.retain(|post| state.is_none_or(|state| post.state == state));
    res.json(&posts)
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let (req, post) = req.into_parts();
    res.status(201).json(&req.state::<Posts>()?.add(post)?)
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    let Id { id } = req.query_as()?;
    res.json(&req.state::<Posts>()?.find(id)?)
}

async fn download(req: ApiRequest, res: ApiResponse) -> Result {
    let Id { id } = req.query_as()?;
    let post = req.state::<Posts>()?.find(id)?;
    let res = res.set_header("content-type", "text/markdown; charset=utf-8");
    res.set_header("content-disposition", "attachment; filename=post.md").send(format!("# {}\n", post.title))
}

fn routes() -> ApiRouter {
    let post =
        methods().get(show.describe().summary("Returns a post")).query::<Id>().response::<NoSuchPost>(404);
    let file = download.describe().summary("Downloads a post").content(200, "text/markdown");
    ApiRouter::new()
        .state(Posts::default())
        .route(
            "/api/posts",
            methods()
                .get(list.describe().query::<Filter>().summary("Lists posts"))
                .post(create.describe().status(201).summary("Creates a post")),
        )
        .route("/api/posts/[id]", post)
        .route("/api/posts/[id]/file", methods().get(file).query::<Id>().response::<NoSuchPost>(404))
}

fn document() -> Document {
    routes().openapi(Info::new("Posts", "1.0.0").description("What the front end calls."))
}

fn router() -> ApiRouter {
    routes()
        .route("/api/openapi.json", document().into_handler())
        .fallback(ServeDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/web")))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("openapi") {
        print!("{}", document());
        return Ok(());
    }
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}

#[cfg(test)]
mod tests;
