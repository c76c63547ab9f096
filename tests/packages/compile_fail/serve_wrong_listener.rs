use tower_api_routes::{ApiRouter, serve};

async fn run(listener: std::net::TcpListener) -> std::io::Result<()> {
    serve(listener, ApiRouter::new()).await
}

fn main() {}
