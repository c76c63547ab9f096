use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter};

async fn hello(_req: ApiRequest, res: ApiResponse) {
    let _ = res.status(200);
}

fn main() {
    ApiRouter::new().route("/api/hello", hello);
}
