//! The five routes over a socket: `server ours|no-etag|hyper|axum PORT`, with one worker, as `scripts/load.sh` starts it.

use compare::{axum, bare, ours};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), BoxError> {
    let mut args = std::env::args().skip(1);
    let (Some(subject), Some(port)) = (args.next(), args.next()) else {
        return Err("usage: server ours|no-etag|hyper|axum PORT".into());
    };
    let port: u16 = port.parse()?;
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        match &*subject {
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
