use serde::{Serialize, Serializer};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

struct Post;

impl Serialize for Post {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit()
    }
}

async fn show(_req: ApiRequest, res: ApiResponse<Post>) -> Result {
    res.json("not a post")
}

fn main() {
    ApiRouter::new().route("/api/post", show);
}
