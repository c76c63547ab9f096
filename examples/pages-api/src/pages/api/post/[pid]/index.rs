//! `/api/post/[pid]`: one post.

use super::super::super::_auth;
use super::_params::Params;
use crate::posts::{Post, Posts};
use serde::Deserialize;
use tower_api_routes::{ApiRequest, ApiResponse, Error, Methods, Result, methods};

pub fn route() -> Methods {
    methods().get(show).put(rename).delete(remove)
}

async fn show(req: ApiRequest, res: ApiResponse<Post>) -> Result {
    let Params { pid } = req.query_as()?;
    res.json(&req.state::<Posts>()?.with_post(pid, |post| post.clone())?)
}

#[derive(Deserialize)]
struct Change {
    title: String,
}

async fn rename(req: ApiRequest<Change>, res: ApiResponse<Post>) -> Result {
    _auth::check(&req)?;
    let Params { pid } = req.query_as()?;
    let post = req.state::<Posts>()?.with_post(pid, |post| {
        post.title.clone_from(&req.body().title);
        post.clone()
    })?;
    res.json(&post)
}

async fn remove(req: ApiRequest, res: ApiResponse) -> Result {
    _auth::check(&req)?;
    let Params { pid } = req.query_as()?;
    match req.state::<Posts>()?.with(|posts| posts.remove(&pid)) {
        Some(_) => res.status(204).end(),
        None => Err(Error::new(404, "Not Found")),
    }
}
