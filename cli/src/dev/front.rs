//! What listens: requests wait for the server, go to it, or get the compile error.

use super::server::Running;
use http::{HeaderValue, Request, Response, StatusCode, header};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tower_api_routes::{ApiRouter, Body};

/// How long a request waits for a build.
const WAIT: Duration = Duration::from_secs(30);

/// Where requests go.
#[derive(Clone, Debug, Default)]
pub(super) enum Upstream {
    #[default]
    Building,
    Ready(Arc<Running>),
    /// The text for whoever asks.
    Failed(Arc<str>),
}

/// The server in front. Clones share where requests go.
#[derive(Clone, Debug)]
pub(super) struct Front(Arc<watch::Sender<Upstream>>);

impl Default for Front {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::default()))
    }
}

impl Front {
    pub(super) fn set(&self, upstream: Upstream) {
        self.0.send_replace(upstream);
    }

    /// Serves until the task is aborted.
    pub(super) fn serve(&self, listener: TcpListener) -> JoinHandle<()> {
        let front = self.clone();
        let service = tower::service_fn(move |request: Request<Body>| {
            let front = front.clone();
            async move { Ok::<_, Infallible>(front.respond(request).await) }
        });
        // Without a route, every path goes to the fallback as it is.
        let api = ApiRouter::new().fallback(service);
        tokio::spawn(async move {
            if let Err(error) = tower_api_routes::serve(listener, api).with_remote_addr().await {
                anstream::eprintln!("the server in front has ended: {error}");
            }
        })
    }

    async fn respond(&self, request: Request<Body>) -> Response<Body> {
        let mut upstream = self.0.subscribe();
        let known =
            tokio::time::timeout(WAIT, upstream.wait_for(|upstream| !matches!(upstream, Upstream::Building)));
        let upstream = match known.await {
            Ok(Ok(upstream)) => upstream.clone(),
            _ => Upstream::Building,
        };
        match upstream {
            // The old server is not told to stop before this clone is gone: the head of the response has come then.
            Upstream::Ready(running) => running.send(request).await,
            Upstream::Failed(error) => text(StatusCode::INTERNAL_SERVER_ERROR, error.as_bytes().to_vec()),
            Upstream::Building => {
                let body = format!("the server is still being built after {} s", WAIT.as_secs());
                text(StatusCode::SERVICE_UNAVAILABLE, body.into_bytes())
            }
        }
    }
}

/// A response of this program, not of the API.
pub(super) fn text(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
