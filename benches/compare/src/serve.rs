//! The routes over a socket, as each subject serves them.

use super::{axum, bare, ours};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Serves `ours`, `no-etag`, `hyper` or `axum` with one worker, until the process ends.
pub fn serve(subject: &str, listener: std::net::TcpListener) -> Result<(), BoxError> {
    listener.set_nonblocking(true)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
        let listener = TcpListener::from_std(listener)?;
        match subject {
            "ours" => tower_api_routes::serve(listener, ours::router()).await?,
            "no-etag" => tower_api_routes::serve(listener, ours::router_without_etag()).await?,
            "axum" => ::axum::serve(listener, axum::router()).await?,
            "hyper" => loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(async move {
                    let connection = hyper::server::conn::http1::Builder::new();
                    let _ =
                        connection.serve_connection(TokioIo::new(stream), service_fn(bare::service)).await;
                });
            },
            other => return Err(format!("`{other}` is not a subject").into()),
        }
        Ok(())
    })
}
