use tower_api_routes::{ApiRouter, HandlerExt as _, RouteConfig};

fn main() {
    ApiRouter::new().route("/api/x", "hello".config(RouteConfig::new()));
}
