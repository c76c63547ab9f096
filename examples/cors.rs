//! CORS, route by route: nobody, everybody, or one front end with its cookies.
//!
//! ```sh
//! cargo run --example cors --features cors
//! curl -i localhost:4000/api/private -H origin:https://evil.example      # no access-control header: the browser refuses
//! curl -i localhost:4000/api/public -H origin:https://anyone.example     # access-control-allow-origin: *
//! curl -i localhost:4000/api/account -H origin:https://app.example.com   # that origin, with credentials
//! curl -i -X OPTIONS localhost:4000/api/account -H origin:https://app.example.com \
//!     -H access-control-request-method:PUT                               # the preflight, handled by the layer
//! ```
//!
//! As in Next.js no route has CORS until it asks for it. A handler that sends the headers itself works, too.

use serde_json::json;
use tokio::net::TcpListener;
use tower_api_routes::cors::{Any, CorsLayer};
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, RouteConfig, methods, serve, shutdown_signal,
};

async fn private(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "for": "this origin" }))
}

async fn public(_req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "for": "everybody" }))
}

async fn account(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "session": req.cookies().get("session") }))
}

/// The routes.
pub fn router() -> ApiRouter {
    let everybody = CorsLayer::new().allow_origin(Any);
    let front_end = CorsLayer::new()
        .allow_origin([http::HeaderValue::from_static("https://app.example.com")])
        .allow_methods([http::Method::GET, http::Method::PUT])
        .allow_headers([http::header::CONTENT_TYPE])
        .allow_credentials(true);
    ApiRouter::new()
        .route("/api/private", private)
        .route("/api/public", public.config(RouteConfig::new().cors(everybody)))
        .route("/api/account", methods().get(account).put(account).config(RouteConfig::new().cors(front_end)))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, router()).with_graceful_shutdown(shutdown_signal()).await
}
