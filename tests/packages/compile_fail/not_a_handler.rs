use tower_api_routes::ApiRouter;

fn main() {
    ApiRouter::new().route("/api/hello", "hello");
}
