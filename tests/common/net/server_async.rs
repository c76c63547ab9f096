//! Real sockets: a server that ends with its handle, and clients for both versions of HTTP.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::Service;
use tower_api_routes::BoxError;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    Http1,
    Http2,
}

impl Protocol {
    pub(crate) const BOTH: [Self; 2] = [Self::Http1, Self::Http2];
}

pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<std::io::Result<()>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) async fn serve<S, B>(service: S) -> Server
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(tower_api_routes::serve(listener, service).into_future());
    Server { address, task }
}

impl Server {
    /// Sends a request over a connection of its own.
    pub(crate) async fn send(
        &self,
        protocol: Protocol,
        mut request: Request<Full<Bytes>>,
    ) -> Response<Incoming> {
        *request.uri_mut() = format!("http://{}{}", self.address, request.uri()).parse().unwrap();
        let http2 = matches!(protocol, Protocol::Http2);
        let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
        client.request(request).await.unwrap()
    }

    pub(crate) async fn get(&self, protocol: Protocol, path: &str) -> Response<Incoming> {
        self.send(protocol, Request::get(path).body(Full::default()).unwrap()).await
    }

    /// A connection on which this was sent, and nothing is read.
    pub(crate) async fn raw(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}
