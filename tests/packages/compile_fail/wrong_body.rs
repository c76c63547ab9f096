use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

struct NewPost;

async fn create(_req: ApiRequest<NewPost>, res: ApiResponse) -> Result {
    res.end()
}

fn main() {
    ApiRouter::new().route("/api/post", create);
}
