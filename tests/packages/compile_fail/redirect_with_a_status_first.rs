use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn moved(_req: ApiRequest, res: ApiResponse) -> Result {
    res.redirect(307, "/new")
}

fn main() {
    ApiRouter::new().route("/api/x", moved);
}
