use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn hello(res: ApiResponse, _req: ApiRequest) -> Result {
    res.end()
}

fn main() {
    ApiRouter::new().route("/api/hello", hello);
}
