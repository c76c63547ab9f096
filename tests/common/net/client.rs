//! A client for tests that do not block.

use super::Response;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Nothing here takes longer, unless it hangs.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("it does not hang")
}

/// A client that sends and sees the bytes of HTTP/1.1.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    seen: Vec<u8>,
    to_head: bool,
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: small_socket(address).await, seen: Vec::new(), to_head: false }
    }

    pub(crate) async fn get(address: SocketAddr, path: &str) -> Self {
        let mut client = Self::connect(address).await;
        client.send(&format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        client
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.to_head = text.starts_with("HEAD ");
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

    /// Returns the next response, whole.
    pub(crate) async fn response(&mut self) -> Response {
        loop {
            if let Some((response, length)) = Response::parse(&self.seen, self.to_head, false) {
                self.seen.drain(..length);
                return response;
            }
            let mut space = vec![0; 8192];
            let read = soon(self.stream.read(&mut space)).await.unwrap();
            assert_ne!(read, 0, "the end came early: {:?}", String::from_utf8_lossy(&self.seen));
            self.seen.extend_from_slice(&space[..read]);
        }
    }
}

/// A socket that holds little, so that a client who does not read is felt soon.
pub(super) async fn small_socket(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.connect(address).await.unwrap()
}
