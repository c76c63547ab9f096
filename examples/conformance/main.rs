//! Serves the routes of the conformance vectors, for a client that replays them.
//!
//! ```sh
//! ADDR=127.0.0.1:4200 cargo run --release --example conformance
//! ```
//!
//! The preview keys come from `PREVIEW_MODE_ID`, `PREVIEW_MODE_SIGNING_KEY` and `PREVIEW_MODE_ENCRYPTION_KEY`.

mod routes;

use tower_api_routes::{PreviewProps, serve, shutdown_signal};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt().init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4200".into());
    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let api = match PreviewProps::from_env() {
        Ok(props) => routes::router().preview(props),
        Err(error) => {
            println!("no draft mode: {error}");
            routes::router()
        }
    };
    serve(listener, api).with_graceful_shutdown(shutdown_signal()).await
}
