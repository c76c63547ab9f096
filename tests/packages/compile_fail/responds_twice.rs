use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("once")?;
    res.send("twice")
}

fn main() {
    ApiRouter::new().route("/api/hello", hello);
}
