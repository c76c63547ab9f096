//! The routes over a socket, as each subject serves them.

#[cfg(feature = "rivals")]
use super::rivals;
use super::{axum, bare, ours};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::time::Duration;
use tokio::net::TcpListener;

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Serves a subject with one worker, until the process ends.
///
/// `ours`, `no-etag`, `axum`, and `hyper` without a router, which speaks HTTP/1.1 only, or `hyper-http2`; or what `serve` is
/// made of, with our router: `http1` (hyper and hyper-util's adapter), `http1-no-etag`, `timeout` (and hyper's limit for heads)
/// and `address` (`ours`, with the client's address in each request). With the feature `rivals` also `actix`, `poem` and
/// `salvo`.
pub fn serve(subject: &str, listener: std::net::TcpListener) -> Result<(), BoxError> {
    listener.set_nonblocking(true)?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
        #[cfg(feature = "rivals")]
        match subject {
            "actix" => return rivals::actix::serve(listener).await,
            "poem" => return rivals::poem::serve(listener).await,
            "salvo" => return rivals::salvo::serve(TcpListener::from_std(listener)?).await,
            _ => {}
        }
        let listener = TcpListener::from_std(listener)?;
        match subject {
            "ours" => tower_api_routes::serve(listener, ours::router()).await?,
            "no-etag" => tower_api_routes::serve(listener, ours::router_without_etag()).await?,
            "address" => tower_api_routes::serve(listener, ours::router()).with_remote_addr().await?,
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
            "hyper-http2" => loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(async move {
                    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    let _ =
                        connection.serve_connection(TokioIo::new(stream), service_fn(bare::service)).await;
                });
            },
            "http1" | "http1-no-etag" | "timeout" => {
                let mut builder = hyper::server::conn::http1::Builder::new();
                if subject == "timeout" {
                    builder.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(30));
                } else {
                    builder.header_read_timeout(None);
                }
                let router =
                    if subject == "http1-no-etag" { ours::router_without_etag() } else { ours::router() };
                let service = TowerToHyperService::new(router);
                loop {
                    let (stream, _) = listener.accept().await?;
                    stream.set_nodelay(true)?;
                    let connection =
                        builder.serve_connection(TokioIo::new(stream), service.clone()).with_upgrades();
                    tokio::spawn(async move {
                        let _ = connection.await;
                    });
                }
            }
            other => return Err(format!("`{other}` is not a subject").into()),
        }
        Ok(())
    })
}
