use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

fn main() {
    ApiRouter::new().route("/api/hello", hello);
}
