//! The servers under which the router runs here.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/tls.rs"]
mod tls;

use crate::common::net::blocking::Server;
use crate::common::net::tls::Certificate;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tower_api_routes::{ApiRouter, serve};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// `serve` of this crate.
    Serve,
    /// `serve` of this crate, with the listener of the example `tls.rs`.
    Tls,
    /// `axum::serve`, with the router as a fallback.
    Axum,
    /// `auto::Builder` of hyper-util, with its default settings.
    Auto,
}

impl Host {
    pub(crate) const ALL: [Self; 4] = [Self::Serve, Self::Tls, Self::Axum, Self::Auto];

    /// Whether it is `serve`, with or without TLS, with what only that promises.
    pub(crate) fn is_serve(self) -> bool {
        matches!(self, Self::Serve | Self::Tls)
    }

    /// How many tasks it has without a connection: axum's waits for the signal to stop.
    pub(crate) fn own_tasks(self) -> usize {
        usize::from(self == Self::Axum)
    }

    /// Starts it. Of `serve`, a head may take this long.
    pub(crate) fn start(self, api: ApiRouter, header_read_timeout: Duration) -> Server {
        match self {
            Self::Serve => Server::with(api, move |serve| serve.header_read_timeout(header_read_timeout)),
            Self::Tls => {
                let certificate = Certificate::new();
                let (server, client) = (certificate.server(), certificate.client());
                let mut server = Server::run(bind(), move |listener, stop| async move {
                    let (_renew, settings) = tokio::sync::watch::channel(Arc::new(server));
                    let listener = tls::TlsListener::new(listener, settings);
                    let server = serve(listener, api).header_read_timeout(header_read_timeout);
                    server.with_graceful_shutdown(stop).await.unwrap();
                });
                server.tls = Some(Arc::new(client));
                server
            }
            Self::Axum => Server::run(bind(), |listener, stop| async move {
                let app = axum::Router::new().fallback_service(api);
                axum::serve(listener, app).with_graceful_shutdown(stop).await.unwrap();
            }),
            Self::Auto => Server::run(bind(), |listener, stop| async move {
                tokio::select! {
                    () = accept(listener, api) => {}
                    () = stop => {}
                }
            }),
        }
    }
}

fn bind() -> std::net::TcpListener {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap()
}

/// Serves each connection in a task of its own, until it is dropped.
async fn accept(listener: TcpListener, api: ApiRouter) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                let service = TowerToHyperService::new(api.clone());
                connections.spawn(async move {
                    let builder = auto::Builder::new(TokioExecutor::new());
                    // An error is the client's, here.
                    _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
                });
            }
            Some(_) = connections.join_next() => {}
        }
    }
}
