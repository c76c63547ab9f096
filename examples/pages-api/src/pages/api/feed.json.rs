//! `/api/feed.json`: a dot in the name, and a configuration that is not const, because of CORS.

use crate::posts::Posts;
use serde_json::json;
use tower_api_routes::cors::{Any, CorsLayer};
use tower_api_routes::{ApiRequest, ApiResponse, Result, RouteConfig};

pub fn config() -> RouteConfig {
    RouteConfig::new().cors(CorsLayer::new().allow_origin(Any))
}

pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result {
    let titles: Vec<String> =
        req.state::<Posts>()?.with(|posts| posts.values().map(|post| post.title.clone()).collect());
    res.json(&json!({ "version": "https://jsonfeed.org/version/1.1", "items": titles }))
}
