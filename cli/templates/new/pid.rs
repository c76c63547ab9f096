//! `GET /api/post/7` and `PUT /api/post/7`

use serde::{Deserialize, Serialize};
use tower_api_routes::{ApiRequest, ApiResponse, Methods, Result, RouteConfig, methods};

pub const CONFIG: RouteConfig = RouteConfig::new().size_limit("500kb");

pub fn route() -> Methods {
    methods().get(show).put(rename)
}

#[derive(Deserialize)]
struct Params {
    pid: u32,
}

#[derive(Deserialize)]
struct Rename {
    title: String,
}

#[derive(Serialize)]
struct Post {
    pid: u32,
    title: String,
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    let Params { pid } = req.query_as()?;
    res.json(&Post { pid, title: format!("Post {pid}") })
}

// JSON or a form, by the content type. What does not fit is a 400, 413, 415 or 422.
async fn rename(req: ApiRequest<Rename>, res: ApiResponse<Post>) -> Result {
    let Params { pid } = req.query_as()?;
    let title = req.into_body().title;
    res.json(&Post { pid, title })
}
