use tower_api_routes::ApiRouter;

fn main() {
    ApiRouter::new().route("/api/x", |req, res| async move { res.end() });
}
