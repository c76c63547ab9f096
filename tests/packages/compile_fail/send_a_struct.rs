use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

struct Post;

async fn show(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send(Post)
}

fn main() {
    ApiRouter::new().route("/api/x", show);
}
