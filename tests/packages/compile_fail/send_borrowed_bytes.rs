use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn show(req: ApiRequest, res: ApiResponse) -> Result {
    res.send(req.raw_body())
}

fn main() {
    ApiRouter::new().route("/api/x", show);
}
