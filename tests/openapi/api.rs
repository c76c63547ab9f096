//! The API of the tests: what a front end of it compiles against, and calls.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tower_api_routes::openapi::SecurityScheme;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, DescribeExt as _, Error, JsDate, Result, methods,
};

/// What an author sends.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewPost {
    title: String,
    #[serde(default)]
    reading_list: Vec<String>,
    draft: Option<bool>,
}

/// What everybody reads.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Post {
    id: u64,
    title: String,
    reading_list: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subtitle: Option<String>,
    state: State,
    #[serde(with = "JsDate")]
    created: std::time::SystemTime,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    Draft,
    Published,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct Page<T> {
    number: u32,
    tags: Vec<String>,
    posts: Vec<T>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Paging {
    /// The number of the page, from 1.
    page: Option<u32>,
    #[serde(default)]
    tag: Vec<String>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Pid {
    pid: u64,
    verbose: Option<bool>,
}

#[derive(Serialize, JsonSchema)]
pub(crate) struct NoSuchPost {
    missing: u64,
}

fn post(id: u64, body: NewPost) -> Post {
    let NewPost { title, reading_list, draft } = body;
    let state = if draft == Some(true) { State::Draft } else { State::Published };
    let created = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_738_310_700);
    Post { id, title, reading_list, subtitle: None, state, created }
}

async fn list(req: ApiRequest, res: ApiResponse<Page<Post>>) -> Result {
    let Paging { page, tag } = req.query_as()?;
    res.json(&Page { number: page.unwrap_or(1), tags: tag, posts: Vec::new() })
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    res.status(201).json(&post(1, req.into_body()))
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    let Pid { pid, verbose } = req.query_as()?;
    if pid == 404 {
        return Err(Error::json(404, &NoSuchPost { missing: pid }));
    }
    let title = if verbose == Some(true) { "A long title" } else { "Any" };
    res.json(&post(pid, NewPost { title: title.into(), reading_list: Vec::new(), draft: None }))
}

async fn optional(req: ApiRequest<Option<NewPost>>, res: ApiResponse<Option<String>>) -> Result {
    res.json(&req.into_body().map(|post| post.title))
}

async fn length(req: ApiRequest<Body>, res: ApiResponse<u32>) -> Result {
    let path: usize = req.query().get_all("path").map(str::len).sum();
    let (mut body, mut bytes) = (req.into_body(), path);
    while let Some(chunk) = body.chunk().await? {
        bytes += chunk.len();
    }
    res.json(&u32::try_from(bytes)?)
}

async fn download(_: ApiRequest, res: ApiResponse) -> Result {
    res.set_header("content-type", "application/pdf").send(&b"%PDF"[..])
}

pub(crate) fn api() -> ApiRouter {
    let session = SecurityScheme::cookie("session", "next-auth.session-token");
    let list =
        list.describe().query::<Paging>().summary("Lists posts").header("x-trace", "An id for the log.");
    let create = create.describe().status(201).operation_id("createPost").security(session);
    let show = show.describe().response::<NoSuchPost>(404).deprecated();
    let posts = ApiRouter::new()
        .route("/", methods().get(list).post(create).tag("posts"))
        .route("/[pid]", methods().get(show).query::<Pid>());
    ApiRouter::new()
        .base_path("/docs")
        .nest("/api/post", posts)
        .route("/api/files/[...path]", methods().put(length.describe()))
        .route("/api/optional", methods().put(optional.describe()))
        .route("/api/report", methods().get(download.describe().content(200, "application/pdf")))
}
