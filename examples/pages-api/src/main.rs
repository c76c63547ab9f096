//! `cargo run --manifest-path examples/pages-api/Cargo.toml`, from the library's folder.

use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let listener = TcpListener::bind(&address).await?;
    let api = pages_api::app();
    println!("listening on http://{}\n\n{}", listener.local_addr()?, api.routes());
    tower_api_routes::serve(listener, api).with_graceful_shutdown(tower_api_routes::shutdown_signal()).await
}
