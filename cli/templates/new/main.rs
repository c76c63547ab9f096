//! A small API whose routes are the files in `src/pages`.

#[cfg(test)]
mod tests;

use tokio::net::TcpListener;
use tower_api_routes::{serve, shutdown_signal};

tower_api_routes::include_routes!();

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt::init();
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".to_owned());
    let api = router();
    print!("{}", api.routes());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, api).with_remote_addr().with_graceful_shutdown(shutdown_signal()).await
}
