use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn show(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(String::new())
}

fn main() {
    ApiRouter::new().route("/api/x", show);
}
