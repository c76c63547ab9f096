//! The TypeScript file: what is in it, what tsc makes of it, and whether the server keeps to it.

mod compiler;

use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, MaxDurationLayer, Result, methods,
    serve,
};
use ts_rs::TS;

#[derive(Deserialize, TS)]
#[serde(rename_all = "camelCase")]
struct NewPost {
    title: String,
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<String>>")]
    reading_list: Vec<String>,
}

/// What everybody reads.
#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "camelCase")]
struct Post {
    id: u64,
    title: String,
    reading_list: Vec<String>,
    state: State,
}

#[derive(Clone, Serialize, TS)]
#[serde(rename_all = "lowercase")]
enum State {
    Draft,
}

#[derive(Serialize, TS)]
struct Page<T> {
    number: u32,
    tags: Vec<String>,
    posts: Vec<T>,
}

#[derive(Deserialize, TS)]
struct Paging {
    page: u32,
    #[serde(default)]
    #[ts(optional, as = "Option<Vec<String>>")]
    tag: Vec<String>,
}

#[derive(Deserialize, TS)]
struct Pid {
    pid: u64,
}

fn post(id: u64, title: String, reading_list: Vec<String>) -> Post {
    Post { id, title, reading_list, state: State::Draft }
}

async fn list(req: ApiRequest, res: ApiResponse<Page<Post>>) -> Result {
    let Paging { page, tag } = req.query_as()?;
    res.json(&Page { number: page, tags: tag, posts: Vec::new() })
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    let NewPost { title, reading_list } = req.into_body();
    res.status(201).json(&post(1, title, reading_list))
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    let Pid { pid } = req.query_as().map_err(|_| Error::new(404, "no such post"))?;
    res.json(&post(pid, "Any".into(), Vec::new()))
}

async fn fixed(_req: ApiRequest, res: ApiResponse<str>) -> Result {
    res.json("new")
}

async fn optional(req: ApiRequest<Option<NewPost>>, res: ApiResponse<Option<String>>) -> Result {
    res.json(&req.into_body().map(|post| post.title))
}

async fn stream(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let (mut body, mut bytes) = (req.into_body(), 0);
    while let Some(chunk) = body.chunk().await? {
        bytes += chunk.len();
    }
    res.json(&bytes)
}

fn api() -> ApiRouter {
    let posts = ApiRouter::new()
        .route("/", methods().get(list.typed().query_type::<Paging>()).post(create.typed()))
        .route("/new", methods().get(fixed.typed()))
        .route("/[pid]", methods().get(show.typed()).query_type::<Pid>());
    ApiRouter::new()
        .base_path("/docs")
        .nest("/api/post", posts)
        .route("/api/files/[...path]", stream.typed())
        .route("/api/optional", methods().put(optional.typed()))
        .route(
            "/api/any/[[...rest]]",
            tower::Layer::layer(
                &MaxDurationLayer::new(std::time::Duration::from_secs(5)),
                stream.into_service(),
            ),
        )
}

#[test]
fn the_file_has_each_type_once_and_each_route_with_its_types() {
    let file = api().typescript();
    let head = file.split("// The patterns").next().unwrap();
    assert_eq!(head, include_str!("head.ts"));
}

mod other {
    #[derive(serde::Serialize, ts_rs::TS)]
    pub(crate) struct Post {
        pub(crate) text: String,
    }
    #[derive(serde::Serialize, ts_rs::TS)]
    pub(crate) struct ApiFetch {
        pub(crate) text: String,
    }
    #[derive(serde::Serialize, ts_rs::TS)]
    #[ts(rename = "Promise")]
    pub(crate) struct Later {
        pub(crate) text: String,
    }
}

#[test]
fn two_types_of_one_name_are_refused_with_the_way_out() {
    async fn same(_: ApiRequest, res: ApiResponse<Vec<other::Post>>) -> Result {
        res.end()
    }
    async fn own(_: ApiRequest, res: ApiResponse<other::ApiFetch>) -> Result {
        res.end()
    }
    async fn language(_: ApiRequest, res: ApiResponse<other::Later>) -> Result {
        res.end()
    }
    let cases = [
        (same.typed(), "two types are called `Post` in TypeScript, `"),
        (own.typed(), "the file has a type `ApiFetch` of its own: give `"),
        (language.typed(), "the file has a type `Promise` of its own: give `"),
    ];
    for (route, start) in cases {
        let error = api().route("/api/x", route).try_typescript().unwrap_err().to_string();
        assert!(error.starts_with(start) && error.contains("other::") && error.contains("rename"), "{error}");
    }
}

#[test]
fn configuration_wrappers_and_merged_routers_keep_the_types() {
    async fn around(req: ApiRequest<Body>, res: ApiResponse, next: tower_api_routes::Next) -> Result {
        next.run(req, res).await
    }
    let config = tower_api_routes::RouteConfig::new().size_limit("2mb");
    let cases = [
        ("configured", fixed.typed().config(config.clone())),
        ("wrapped", fixed.typed().wrap(around)),
        ("methods", methods().get(fixed.typed()).config(config)),
        ("wrapped methods", methods().get(fixed.typed()).wrap(around)),
    ];
    for (what, route) in cases {
        let file = ApiRouter::new().merge(ApiRouter::new().route("/x", route)).typescript();
        assert!(file.contains("response: string }"), "{what}: {file}");
    }
    let file = ApiRouter::new().route("/x", fixed).typescript();
    assert!(file.contains("body: unknown; response: unknown }"), "{file}");
}

/// The front end compiles against the file, what must not compile does not, and its requests get what their types say.
#[tokio::test(flavor = "multi_thread")]
async fn a_front_end_compiles_with_the_file_and_the_server_keeps_to_it() {
    let Some(compiler) = compiler::install() else {
        return;
    };
    let folder = compiler.folder("front-end");
    fs::write(folder.join("api.ts"), api().typescript()).unwrap();
    fs::write(folder.join("front_end.ts"), include_str!("front_end.ts")).unwrap();
    compiler.compile(&folder, &["front_end.ts"]).unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, api()).into_future());
    let script = folder.join("out/front_end.js");
    let node = move || Command::new("node").arg(script).arg(origin).output().unwrap();
    let output = tokio::task::spawn_blocking(node).await.unwrap();
    server.abort();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("the front end agrees"), "{text}{}", String::from_utf8_lossy(&output.stderr));
}
