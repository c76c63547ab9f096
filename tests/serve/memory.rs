//! Connections in memory, for tests whose clock stands still while anything can run (`start_paused`).

use bytes::Bytes;
use http::{Request, Response};
use std::convert::Infallible;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tower::Service;
use tower_api_routes::{Body, BoxError, Listener, Serve, serve};

/// A listener of a user's own. It is broken for good when nobody can connect any more.
pub(crate) struct Memory(UnboundedReceiver<DuplexStream>);

impl Listener for Memory {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> io::Result<(DuplexStream, ())> {
        self.0.recv().await.map(|stream| (stream, ())).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

pub(crate) struct Connect(UnboundedSender<DuplexStream>);

impl Connect {
    /// A connection that holds as much as the kernel would.
    pub(crate) fn connect(&self) -> DuplexStream {
        let (client, server) = duplex(64 * 1024);
        self.0.send(server).unwrap();
        client
    }

    /// A connection on which this was sent.
    pub(crate) async fn send(&self, bytes: impl AsRef<[u8]>) -> DuplexStream {
        let mut client = self.connect();
        client.write_all(bytes.as_ref()).await.unwrap();
        client
    }
}

/// Starts a server in memory.
pub(crate) fn start<S, B, F>(
    service: S,
    set: impl FnOnce(Serve<S, Memory>) -> Serve<S, Memory, F>,
) -> (Connect, JoinHandle<io::Result<()>>)
where
    F: Future<Output = ()> + Send + 'static,
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let (sender, receiver) = unbounded_channel();
    let server = set(serve(Memory(receiver), service)).into_future();
    (Connect(sender), tokio::spawn(server))
}

/// Reads up to the end of a head.
pub(crate) async fn head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("a head"));
    }
    String::from_utf8(head).unwrap()
}

/// Reads until the server closes the connection.
pub(crate) async fn rest(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut rest = Vec::new();
    _ = stream.read_to_end(&mut rest).await;
    String::from_utf8(rest).unwrap()
}
