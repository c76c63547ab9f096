//! `GET /api/hello?name=Rust`

use serde::Serialize;
use tower_api_routes::{ApiRequest, ApiResponse, Result};

#[derive(Serialize)]
pub struct Greeting {
    message: String,
}

pub async fn handler(req: ApiRequest, res: ApiResponse<Greeting>) -> Result {
    let name = req.query().get("name").unwrap_or("world");
    res.json(&Greeting { message: format!("Hello, {name}!") })
}
