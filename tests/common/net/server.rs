//! A server in the runtime of the test.

use super::{Client, Protocol, soon};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::Service;
use tower_api_routes::{ApiRouter, Body, BoxError};

/// Serves until it is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn serve<S, B>(service: S) -> Server
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    Server::start(|listener| tower_api_routes::serve(listener, service)).await
}

/// Serves the routes until the runtime of the test ends.
pub(crate) async fn serve_in_background(api: ApiRouter) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { tower_api_routes::serve(listener, api).await.unwrap() });
    address
}

impl Server {
    /// Starts any server, on a port of its own.
    pub(crate) async fn start<F>(run: impl FnOnce(TcpListener) -> F) -> Self
    where
        F: IntoFuture<Output = std::io::Result<()>, IntoFuture: Send + 'static>,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(run(listener).into_future());
        Self { address, task }
    }

    /// Sends a request over a connection of its own.
    pub(crate) async fn send(
        &self,
        protocol: Protocol,
        mut request: Request<Full<Bytes>>,
    ) -> Response<Incoming> {
        *request.uri_mut() = format!("http://{}{}", self.address, request.uri()).parse().unwrap();
        let http2 = matches!(protocol, Protocol::Http2);
        let client = HyperClient::builder(TokioExecutor::new()).http2_only(http2).build_http();
        soon(client.request(request)).await.unwrap()
    }

    pub(crate) async fn get(&self, protocol: Protocol, path: &str) -> Response<Incoming> {
        self.send(protocol, Request::get(path).body(Full::default()).unwrap()).await
    }

    /// A connection on which this was sent, and nothing is read.
    pub(crate) async fn raw(&self, text: &str) -> Client {
        let mut client = Client::connect(self.address).await;
        client.send(text).await;
        client
    }
}
