//! `/api/upload`: the body as it comes, piece by piece, whatever its size, but not for longer than half a minute.

use serde_json::json;
use tower_api_routes::{ApiRequest, ApiResponse, Body, Result, RouteConfig};

pub const CONFIG: RouteConfig = RouteConfig::new().body_parser(false).max_duration_secs(30);

pub async fn handler(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    let (mut body, mut bytes) = (req.into_body(), 0);
    while let Some(piece) = body.chunk().await? {
        bytes += piece.len();
    }
    res.json(&json!({ "bytes": bytes }))
}
