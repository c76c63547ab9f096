use tower_api_routes::{ApiRouter, serve};

async fn run(listener: tokio::net::TcpListener) -> std::io::Result<()> {
    serve(listener, tower::load_shed::LoadShed::new(ApiRouter::new())).await
}

fn main() {}
