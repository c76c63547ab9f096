use std::rc::Rc;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn hello(_req: ApiRequest, res: ApiResponse) -> Result {
    let rc = Rc::new(1);
    std::future::ready(()).await;
    drop(rc);
    res.end()
}

fn main() {
    ApiRouter::new().route("/api/hello", hello);
}
