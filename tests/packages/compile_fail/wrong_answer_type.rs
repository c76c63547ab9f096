use serde::Serialize;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

#[derive(Serialize)]
struct Post;

async fn show(_req: ApiRequest, res: ApiResponse<Post>) -> Result {
    res.json("not a post")
}

fn main() {
    ApiRouter::new().route("/api/post", show);
}
