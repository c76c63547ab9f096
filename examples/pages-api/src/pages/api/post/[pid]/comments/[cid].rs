//! `/api/post/[pid]/comments/[cid]`: two parameters.

use crate::posts::{Comment, Posts};
use serde::Deserialize;
use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};

#[derive(Deserialize)]
struct Params {
    pid: u64,
    cid: usize,
}

pub async fn handler(req: ApiRequest, res: ApiResponse<Comment>) -> Result {
    let Params { pid, cid } = req.query_as()?;
    let find = |comments: &[Comment]| comments.iter().find(|comment| comment.id == cid).cloned();
    let comment = req.state::<Posts>()?.with_post(pid, |post| find(&post.comments))?;
    res.json(&comment.ok_or_else(|| Error::new(404, "Not Found"))?)
}
