//! hyper's client of HTTP/2.

use super::client::small_socket;
use super::soon;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use tower_api_routes::Body;

/// A client of HTTP/2, and the task that drives its connection.
pub(crate) async fn http2(address: SocketAddr) -> (SendRequest<Body>, tokio::task::JoinHandle<()>) {
    let stream = TokioIo::new(small_socket(address).await);
    let (client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    (client, tokio::spawn(async move { _ = connection.await }))
}

pub(crate) async fn http2_get(client: &mut SendRequest<Body>, path: &str) -> Response<Incoming> {
    let request = Request::get(format!("http://x{path}")).body(Body::empty()).unwrap();
    soon(client.send_request(request)).await.unwrap()
}

/// The next piece of data of a body, if there is one. (hyper ends a body of HTTP/2 with an empty frame.)
pub(crate) async fn data(body: &mut Incoming) -> Option<Bytes> {
    let data = soon(body.frame()).await?.unwrap().into_data().unwrap();
    (!data.is_empty() || !body.is_end_stream()).then_some(data)
}
