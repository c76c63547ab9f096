//! `/api/post`: the list, and a new one.

use super::super::_auth;
use crate::posts::{Post, Posts};
use serde::Deserialize;
use tower_api_routes::{ApiRequest, ApiResponse, Methods, Result, RouteConfig, methods};

// A title is short: anything larger is 413, unread.
pub const CONFIG: RouteConfig = RouteConfig::new().size_limit("1kb");

/// In the place of a `handler`: one for each method, and 405 for the others.
pub fn route() -> Methods {
    methods().get(list).post(create)
}

async fn list(req: ApiRequest, res: ApiResponse<Vec<Post>>) -> Result {
    let posts = req.state::<Posts>()?.with(|posts| posts.values().cloned().collect());
    res.json(&posts)
}

#[derive(Deserialize)]
struct NewPost {
    title: String,
}

async fn create(req: ApiRequest<NewPost>, res: ApiResponse<Post>) -> Result {
    _auth::check(&req)?;
    let post = req.state::<Posts>()?.with(|posts| {
        let id = posts.keys().last().map_or(1, |last| last + 1);
        let post = Post { id, title: req.body().title.clone(), comments: Vec::new() };
        posts.insert(id, post.clone());
        post
    });
    res.status(201).json(&post)
}
