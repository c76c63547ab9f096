//! A server on a socket, and clients that see what goes over it.

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Notify;
use tower_api_routes::{ApiRouter, Body};

/// Nothing here takes longer, unless it hangs.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// Serves the routes on a free port; the test's runtime ends it.
pub(crate) async fn serve(api: ApiRouter) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { tower_api_routes::serve(listener, api).await.unwrap() });
    address
}

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it does not hang")
}

/// A client that sends and sees the bytes of HTTP/1.1.
pub(crate) struct Raw {
    pub(crate) stream: TcpStream,
    seen: Vec<u8>,
}

impl Raw {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: small_socket(address).await, seen: Vec::new() }
    }

    pub(crate) async fn get(address: SocketAddr, path: &str) -> Self {
        let mut raw = Self::connect(address).await;
        raw.send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        raw
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// What arrives up to and with the text.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        soon(async {
            loop {
                let at = self.seen.windows(text.len()).position(|window| window == text.as_bytes());
                if let Some(at) = at {
                    let rest = self.seen.split_off(at + text.len());
                    return String::from_utf8(std::mem::replace(&mut self.seen, rest)).unwrap();
                }
                let mut space = vec![0; 8192];
                match self.stream.read(&mut space).await.unwrap() {
                    0 => panic!("the end came before {text:?}: {:?}", String::from_utf8_lossy(&self.seen)),
                    length => self.seen.extend_from_slice(&space[..length]),
                }
            }
        })
        .await
    }

    /// What arrives until the server closes the connection, cleanly or not.
    pub(crate) async fn rest(&mut self) -> String {
        // A reset is an end, too.
        let _ = soon(self.stream.read_to_end(&mut self.seen)).await;
        String::from_utf8(std::mem::take(&mut self.seen)).unwrap()
    }

    /// An answer whose length its head tells.
    pub(crate) async fn answer(&mut self) -> (String, String) {
        let head = self.until("\r\n\r\n").await;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length = length.map_or(0, |length| length.parse::<usize>().unwrap());
        while self.seen.len() < length {
            let mut space = vec![0; 8192];
            let read = soon(self.stream.read(&mut space)).await.unwrap();
            assert_ne!(read, 0, "{head}");
            self.seen.extend_from_slice(&space[..read]);
        }
        let rest = self.seen.split_off(length);
        (head, String::from_utf8(std::mem::replace(&mut self.seen, rest)).unwrap())
    }
}

/// A socket that holds little, so that a client who does not read is felt soon.
async fn small_socket(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.connect(address).await.unwrap()
}

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

/// Says when it is dropped, and with it the future that holds it.
#[derive(Clone, Default)]
pub(crate) struct Dropped(Arc<(AtomicBool, Notify)>);

impl Dropped {
    pub(crate) fn guard(&self) -> Guard {
        Guard(self.clone())
    }

    pub(crate) fn is_dropped(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    pub(crate) async fn wait(&self) {
        while !self.is_dropped() {
            self.0.1.notified().await;
        }
    }
}

pub(crate) struct Guard(Dropped);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.0.0.store(true, Ordering::SeqCst);
        self.0.0.1.notify_one();
    }
}
