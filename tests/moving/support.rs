//! An origin that does what it is told to, a server in front of it, and clients that see every byte.

use crate::common::{self, net};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tower::Service;
use tower_api_routes::{Body, BoxError, Proxy};

pub(crate) use crate::common::get;
pub(crate) use crate::common::net::SOON;

/// What an origin does with a request that it has read.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    Send(Vec<u8>),
    SendAndClose(Vec<u8>),
    Close,
    Hang,
}

impl Reply {
    pub(crate) fn send(text: &str) -> Self {
        Self::Send(text.as_bytes().to_vec())
    }

    pub(crate) fn ok(body: &str) -> Self {
        Self::Send(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }
}

/// An origin that reads whole requests.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<(usize, String)>>>,
    task: JoinHandle<()>,
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Origin {
    /// Replies to each request as told by the number of requests before it.
    pub(crate) async fn start(reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        Self::on(0, reply).await
    }

    /// On this port of the loopback address.
    pub(crate) async fn on(port: u16, reply: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, reply) = (Arc::new(Mutex::new(Vec::new())), Arc::new(reply));
        let requests = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            let mut connections = 0;
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (seen, reply, connection) = (Arc::clone(&requests), Arc::clone(&reply), connections);
                connections += 1;
                tokio::spawn(async move {
                    while let Some(request) = read_request(&mut stream).await {
                        let number = {
                            let mut seen = seen.lock().unwrap();
                            seen.push((connection, request.clone()));
                            seen.len() - 1
                        };
                        match reply(number, &request) {
                            Reply::Send(bytes) => stream.write_all(&bytes).await.unwrap(),
                            Reply::SendAndClose(bytes) => {
                                stream.write_all(&bytes).await.unwrap();
                                return;
                            }
                            Reply::Close => return,
                            Reply::Hang => std::future::pending().await,
                        }
                    }
                });
            }
        });
        Self { address, seen, task }
    }

    pub(crate) fn proxy(&self) -> Proxy {
        proxy(self.address)
    }

    /// The requests so far, in their order.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    /// The connection of each request.
    pub(crate) fn connections(&self) -> Vec<usize> {
        self.seen.lock().unwrap().iter().map(|(connection, _)| *connection).collect()
    }
}

pub(crate) fn proxy(origin: SocketAddr) -> Proxy {
    Proxy::new(&format!("http://{origin}")).unwrap().pseudonym("edge")
}

/// The next request with its body; none at the end of the connection.
async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    loop {
        if let Some(at) = find(&text, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&text[..at]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let rest = &text[at + 4..];
            let whole = if head.contains("transfer-encoding: chunked") {
                rest.starts_with(b"0\r\n\r\n")
                    || find(rest, b"\r\n0\r\n").is_some() && rest.ends_with(b"\r\n\r\n")
            } else {
                rest.len() >= length.map_or(0, |length| length.trim().parse().unwrap_or(0))
            };
            if whole {
                return Some(String::from_utf8_lossy(&text).into_owned());
            }
        }
        let mut space = [0; 4096];
        match stream.read(&mut space).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => text.extend_from_slice(&space[..read]),
        }
    }
}

pub(crate) fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// An origin that hands each connection to a function.
pub(crate) async fn raw_origin<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// An address where nobody listens.
pub(crate) async fn nowhere() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A server in front of an origin, and what a client sees of it.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    _server: net::Server,
}

pub(crate) async fn front<S, B>(service: S) -> Front
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let server = net::serve(service).await;
    Front { address: server.address, _server: server }
}

impl Front {
    /// Sends these bytes on a connection of its own.
    pub(crate) async fn open(&self, bytes: impl AsRef<[u8]>) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_ref()).await.unwrap();
        stream
    }

    /// The response to these bytes, which have `Connection: close`.
    pub(crate) async fn ask(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut stream = self.open(bytes).await;
        let mut text = Vec::new();
        let read = tokio::time::timeout(SOON, stream.read_to_end(&mut text)).await;
        _ = read.expect("the response ends in time");
        String::from_utf8_lossy(&text).into_owned()
    }

    pub(crate) async fn get(&self, path: &str) -> String {
        self.ask(format!("GET {path} HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n")).await
    }

    /// Sends a request over HTTP/2 or HTTP/1.1.
    pub(crate) async fn request(&self, http2: bool, mut request: Request<Body>) -> Response<Incoming> {
        let path = request.uri().to_string();
        *request.uri_mut() = format!("http://{}{path}", self.address).parse().unwrap();
        let client = Client::builder(TokioExecutor::new()).http2_only(http2).build_http();
        tokio::time::timeout(SOON, client.request(request)).await.unwrap().unwrap()
    }
}

/// The status and the whole body.
pub(crate) async fn read<B>(response: Response<B>) -> (u16, String)
where
    B: http_body::Body<Error: std::fmt::Debug>,
{
    tokio::time::timeout(SOON, common::read(response)).await.unwrap()
}

/// The lines of a head but for `Date`, sorted after the first.
pub(crate) fn head(text: &str) -> Vec<String> {
    let head = text.split("\r\n\r\n").next().unwrap();
    let mut lines: Vec<_> = head
        .split("\r\n")
        .filter(|line| !line.to_ascii_lowercase().starts_with("date:"))
        .map(str::to_owned)
        .collect();
    lines[1..].sort();
    lines
}

/// The status of a response in text.
pub(crate) fn status(text: &str) -> u16 {
    text.split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or_else(|| panic!("no response: {text:?}"))
}

/// A body of frames that are sent by hand.
pub(crate) fn by_hand() -> (tokio::sync::mpsc::Sender<Bytes>, Body) {
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Bytes>(1);
    let stream = futures_util::stream::poll_fn(move |cx| receiver.poll_recv(cx));
    (sender, Body::from_stream(futures_util::StreamExt::map(stream, Ok::<_, BoxError>)))
}

pub(crate) fn full(text: &'static str) -> Body {
    Body::new(Full::new(Bytes::from(text)))
}
