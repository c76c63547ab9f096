//! A server in a runtime of its own, and a client that blocks and panics when a response is malformed.

use super::Response;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio_rustls::rustls::{self, ClientConfig, ClientConnection};
use tower_api_routes::{ApiRouter, Serve, serve};

/// A connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
    buffer: Vec<u8>,
    to_head: bool,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, tls: None, buffer: Vec::new(), to_head: false }
    }

    /// A second handle of a connection.
    pub(crate) fn of(stream: TcpStream) -> Self {
        Self { stream, tls: None, buffer: Vec::new(), to_head: false }
    }

    /// The handshake comes with the first bytes that are sent or read.
    pub(crate) fn connect_tls(address: SocketAddr, config: Arc<ClientConfig>) -> Self {
        let tls = ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
        Self { tls: Some(Box::new(tls)), ..Self::connect(address) }
    }

    /// Sends bytes. The server may have closed already: then this returns `false`, and the response says why.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.to_head = bytes.as_ref().starts_with(b"HEAD ");
        match &mut self.tls {
            None => self.stream.write_all(bytes.as_ref()).is_ok(),
            Some(tls) => {
                let mut stream = rustls::Stream::new(&mut **tls, &mut self.stream);
                stream.write_all(bytes.as_ref()).and_then(|()| stream.flush()).is_ok()
            }
        }
    }

    pub(crate) fn half_close(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            _ = tls.complete_io(&mut self.stream);
        }
        _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads more; `false` at the end of the connection.
    fn fill(&mut self) -> bool {
        let mut space = [0; 16 * 1024];
        let read = match &mut self.tls {
            None => self.stream.read(&mut space),
            Some(tls) => rustls::Stream::new(&mut **tls, &mut self.stream).read(&mut space),
        };
        match read {
            Ok(0) => false,
            Ok(read) => {
                self.buffer.extend_from_slice(&space[..read]);
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the server neither responds nor closes; so far: {}", self.buffer.escape_ascii())
            }
            Err(_) => false,
        }
    }

    /// Returns the next response, whole; `None` if the connection closed instead.
    pub(crate) fn response(&mut self) -> Option<Response> {
        let mut ended = false;
        loop {
            if let Some((response, length)) = Response::parse(&self.buffer, self.to_head, ended) {
                self.buffer.drain(..length);
                return Some(response);
            }
            if ended {
                // Of a body that was cut off, the head is consumed.
                _ = self.head();
                return None;
            }
            ended = !self.fill();
        }
    }

    /// Returns the next head; the body's bytes stay unread.
    pub(crate) fn head(&mut self) -> Option<Response> {
        loop {
            if let Some((response, length)) = Response::parse_head(&self.buffer) {
                self.buffer.drain(..length);
                return Some(response);
            }
            if !self.fill() {
                assert!(self.buffer.is_empty(), "a part of a response: {}", self.buffer.escape_ascii());
                return None;
            }
        }
    }

    /// Returns the body behind a head, as far as it came, and whether it broke off.
    pub(crate) fn rest(&mut self, head: &Response) -> (Vec<u8>, bool) {
        while self.fill() {}
        if head.header("transfer-encoding").is_none() {
            return (std::mem::take(&mut self.buffer), false);
        }
        let mut left = &self.buffer[..];
        let mut body = Vec::new();
        loop {
            let Some(end) = left.windows(2).position(|window| window == b"\r\n") else { return (body, true) };
            let size = std::str::from_utf8(&left[..end]).unwrap();
            match usize::from_str_radix(size, 16).unwrap() {
                0 => return (body, false),
                size => {
                    body.extend_from_slice(&left[end + 2..end + 2 + size]);
                    left = &left[end + 4 + size..];
                }
            }
        }
    }

    /// Returns a chunked body behind its head, when it has ended.
    pub(crate) fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let Some(end) = self.buffer.windows(2).position(|window| window == b"\r\n") else {
                assert!(self.fill(), "broken off after {} bytes", body.len());
                continue;
            };
            let size = std::str::from_utf8(&self.buffer[..end]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            while self.buffer.len() < end + 4 + size {
                assert!(self.fill(), "broken off after {} bytes", body.len());
            }
            body.extend_from_slice(&self.buffer[end + 2..end + 2 + size]);
            self.buffer.drain(..end + 4 + size);
            if size == 0 {
                return body;
            }
        }
    }

    /// Whether the server closes the connection and sends nothing more.
    pub(crate) fn is_closed(&mut self) -> bool {
        while self.fill() {}
        self.buffer.is_empty()
    }
}

/// Tells a server to stop.
pub(crate) type Signal = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serves until it is stopped or dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    /// How its clients speak TLS, if they do.
    pub(crate) tls: Option<Arc<ClientConfig>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(api: ApiRouter) -> Self {
        Self::with(api, |serve| serve)
    }

    /// With settings of the server.
    pub(crate) fn with(
        api: ApiRouter,
        set: impl FnOnce(Serve<ApiRouter>) -> Serve<ApiRouter> + Send + 'static,
    ) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        Self::on(listener, api, set)
    }

    pub(crate) fn on(
        listener: std::net::TcpListener,
        api: ApiRouter,
        set: impl FnOnce(Serve<ApiRouter>) -> Serve<ApiRouter> + Send + 'static,
    ) -> Self {
        Self::run(listener, |listener, stop| async move {
            set(serve(listener, api)).with_graceful_shutdown(stop).await.unwrap();
        })
    }

    /// Runs any server, which is to end when the signal comes.
    pub(crate) fn run<F: Future<Output = ()>>(
        listener: std::net::TcpListener,
        run: impl FnOnce(TcpListener, Signal) -> F + Send + 'static,
    ) -> Self {
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                run(listener, Box::pin(async { _ = stopped.await })).await;
            });
            // Tasks that the server left behind would be seen here.
            let tasks = settle(0, || runtime.metrics().num_alive_tasks());
            assert_eq!(tasks, 0, "the server left tasks behind");
        });
        Self { address, handle, tls: None, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> Client {
        match &self.tls {
            None => Client::connect(self.address),
            Some(config) => Client::connect_tls(self.address, Arc::clone(config)),
        }
    }

    /// Returns the response to a request on a connection of its own.
    pub(crate) fn request(&self, request: impl AsRef<[u8]>) -> Option<Response> {
        let mut client = self.connect();
        client.send(request);
        client.response()
    }

    /// A healthy request gets its response, within the time limit of the client.
    #[track_caller]
    pub(crate) fn assert_healthy(&self, after: &str) {
        let response = self.request("GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
        let response = response.unwrap_or_else(|| panic!("no response after {after}"));
        assert_eq!((response.status, &*response.body), (200, &b"healthy"[..]), "after {after}");
    }

    /// The number of tasks, once it has stopped falling or has reached `most`.
    pub(crate) fn tasks(&self, most: usize) -> usize {
        settle(most, || self.handle.metrics().num_alive_tasks())
    }

    pub(crate) fn signal(&mut self) {
        _ = self.stop.take().map(|stop| stop.send(()));
    }

    /// Stops; gives the time that it took.
    pub(crate) fn stop(mut self) -> Duration {
        let start = Instant::now();
        self.signal();
        self.join();
        start.elapsed()
    }

    /// Waits for the end, after a signal.
    pub(crate) fn join(&mut self) {
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join) {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal();
        if !std::thread::panicking() {
            self.join();
        }
    }
}

/// Measures until the number is at most `most`, for five seconds at the longest.
pub(crate) fn settle(most: usize, measure: impl Fn() -> usize) -> usize {
    let start = Instant::now();
    loop {
        let now = measure();
        if now <= most || start.elapsed() > Duration::from_secs(5) {
            return now;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
