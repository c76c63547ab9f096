//! The routes with tower-api-routes, all defaults on.

use super::model::{Files, Form, FormResponse, HELLO, NewPost, OTHER_ORIGIN, Post, Track, file};
use http::HeaderValue;
use tower_api_routes::cors::{AllowOrigin, CorsLayer};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, OneOrMany, Result, RouteConfig};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&HELLO)
}

async fn post(req: ApiRequest, res: ApiResponse) -> Result {
    let query = req.query();
    let get = |name| query.get(name).unwrap_or_default();
    let theme = req.cookies().get("theme").unwrap_or_default();
    res.json(&Post { pid: get("pid"), x: get("x"), y: get("y"), theme })
}

async fn echo(req: ApiRequest<NewPost>, res: ApiResponse) -> Result {
    res.json(req.body())
}

async fn track(req: ApiRequest<Track>, res: ApiResponse) -> Result {
    res.json(req.body())
}

async fn form(req: ApiRequest<Form>, res: ApiResponse) -> Result {
    let Form { name, age, comment, .. } = req.body();
    res.json(&FormResponse { name, age: *age, comment })
}

async fn files(req: ApiRequest, res: ApiResponse) -> Result {
    let Some(path @ OneOrMany::Many(_)) = req.query().value("path") else { return res.status(404).end() };
    res.json(&Files { path })
}

async fn bytes(_: ApiRequest, res: ApiResponse) -> Result {
    res.send(file())
}

pub fn router() -> ApiRouter {
    let router = ApiRouter::new()
        .route("/api/hello", hello)
        .route("/api/post/[pid]", post)
        .route("/api/echo", echo)
        .route("/api/track", track)
        .route("/api/form", form)
        .route("/api/bytes", bytes)
        .route("/api/files/[...path]", files);
    super::tables::add_ours(router, 130)
}

/// The same without the ETag, which the rivals do not write.
pub fn router_without_etag() -> ApiRouter {
    router().config(RouteConfig::new().etag(false))
}

/// R1 with CORS of its own.
pub fn router_with_cors() -> ApiRouter {
    let cors = CorsLayer::new().allow_origin(AllowOrigin::exact(HeaderValue::from_static(OTHER_ORIGIN)));
    let hello = hello.config(RouteConfig::new().cors(cors));
    super::tables::add_ours(ApiRouter::new().route("/api/hello", hello), 130)
}
