use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter};

async fn hello(_req: ApiRequest, _res: ApiResponse) -> String {
    "hello".into()
}

fn main() {
    ApiRouter::new().route("/api/hello", hello);
}
