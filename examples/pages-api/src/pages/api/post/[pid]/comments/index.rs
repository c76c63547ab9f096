//! `/api/post/[pid]/comments`: nested below a parameter.

use super::super::_params::Params;
use crate::posts::{Comment, Posts};
use serde::Deserialize;
use tower_api_routes::{ApiRequest, ApiResponse, Methods, Result, methods};

pub fn route() -> Methods {
    methods().get(list).post(create)
}

async fn list(req: ApiRequest, res: ApiResponse<Vec<Comment>>) -> Result {
    let Params { pid } = req.query_as()?;
    res.json(&req.state::<Posts>()?.with_post(pid, |post| post.comments.clone())?)
}

#[derive(Deserialize)]
struct NewComment {
    text: String,
}

async fn create(req: ApiRequest<NewComment>, res: ApiResponse<Comment>) -> Result {
    let Params { pid } = req.query_as()?;
    let comment = req.state::<Posts>()?.with_post(pid, |post| {
        let comment = Comment { id: post.comments.len() + 1, text: req.body().text.clone() };
        post.comments.push(comment.clone());
        comment
    })?;
    res.status(201).json(&comment)
}
