use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.query().get("name").unwrap_or_default())
}

fn main() {
    ApiRouter::new().route("/api/x", show);
}
