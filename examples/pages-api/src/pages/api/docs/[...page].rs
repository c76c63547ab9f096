//! `/api/docs/a/b`: one segment or more.

use serde_json::json;
use tower_api_routes::{ApiRequest, ApiResponse, Result};

pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "page": req.query().get_all("page").collect::<Vec<_>>() }))
}
