use tower_api_routes::body_parser::BodyParser;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn show(_req: ApiRequest, res: ApiResponse) -> Result {
    res.end()
}

fn main() {
    ApiRouter::new().route("/api/x", BodyParser::new(show));
}
