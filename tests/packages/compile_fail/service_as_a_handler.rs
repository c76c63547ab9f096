use tower_api_routes::{ApiRouter, handler, http};
use tower_service::Service;

fn service() -> impl Service<http::Request<tower_api_routes::Body>> + Clone + Send + Sync + 'static {
    ApiRouter::new()
}

fn main() {
    ApiRouter::new().route("/api/x", handler(service()));
}
