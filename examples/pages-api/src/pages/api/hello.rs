//! `/api/hello`

use serde_json::json;
use tower_api_routes::{ApiRequest, ApiResponse, Result};

pub async fn handler(_req: ApiRequest, res: ApiResponse) -> Result {
    res.status(200).json(&json!({ "message": "Hello from a file!" }))
}
