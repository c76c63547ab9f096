//! A server in a runtime of its own, and a client that writes bytes and takes nothing but well-formed answers.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tower_api_routes::{ApiRouter, Serve, serve};

/// Serves until it is stopped or dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
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
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let signal = async { _ = stopped.await };
                set(serve(listener, api)).with_graceful_shutdown(signal).await.unwrap();
            });
            // Tasks that the server left behind would be seen here.
            let tasks = settle(0, || runtime.metrics().num_alive_tasks());
            assert_eq!(tasks, 0, "the server left tasks behind");
        });
        Self { address, handle, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// The answer to a request on a connection of its own.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> Option<Answer> {
        let mut client = self.connect();
        client.send(request);
        client.answer()
    }

    /// A healthy request is answered within a second.
    #[track_caller]
    pub(crate) fn assert_healthy(&self, after: &str) {
        let start = Instant::now();
        let answer = self.ask("GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
        let answer = answer.unwrap_or_else(|| panic!("no answer after {after}"));
        assert_eq!((answer.status, &*answer.body), (200, &b"healthy"[..]), "after {after}");
        assert!(start.elapsed() < Duration::from_secs(1), "{:?} after {after}", start.elapsed());
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

/// A connection.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    buffer: Vec<u8>,
    head_only: bool,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::new(), head_only: false }
    }

    /// The server may have closed already: whether it has is seen in the answer.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.head_only = bytes.as_ref().starts_with(b"HEAD ");
        self.stream.write_all(bytes.as_ref()).is_ok()
    }

    pub(crate) fn half_close(&self) {
        _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads on; false at the end of the connection.
    fn fill(&mut self) -> bool {
        let mut space = [0; 16 * 1024];
        match self.stream.read(&mut space) {
            Ok(0) => false,
            Ok(read) => {
                self.buffer.extend_from_slice(&space[..read]);
                true
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the server neither answers nor closes; so far: {}", self.buffer.escape_ascii())
            }
            Err(_) => false,
        }
    }

    fn until(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(end.len()).position(|window| window == end) {
                let rest = self.buffer.split_off(at + end.len());
                return Some(std::mem::replace(&mut self.buffer, rest));
            }
            if !self.fill() {
                return None;
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            if !self.fill() {
                return None;
            }
        }
        let rest = self.buffer.split_off(length);
        Some(std::mem::replace(&mut self.buffer, rest))
    }

    /// The next answer, whole; none if the connection closed instead. Anything malformed panics.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let mut answer = self.head()?;
        let bodiless = self.head_only || matches!(answer.status, 100..200 | 204 | 304);
        let (length, coding) = (answer.header("content-length"), answer.header("transfer-encoding"));
        assert!(length.is_none() || coding.is_none(), "both a length and a coding: {answer:?}");
        if bodiless {
            return Some(answer);
        }
        if let Some(length) = length {
            answer.body = self.take(length.parse().expect("a length"))?;
        } else if coding.is_some() {
            loop {
                let line = self.until(b"\r\n")?;
                let digits = std::str::from_utf8(line.strip_suffix(b"\r\n").unwrap()).unwrap();
                let size = usize::from_str_radix(digits, 16).expect("the size of a chunk");
                let mut chunk = self.take(size + 2)?;
                assert!(chunk.ends_with(b"\r\n"), "a chunk without its end");
                chunk.truncate(size);
                answer.body.extend(chunk);
                if size == 0 {
                    break;
                }
            }
        } else {
            while self.fill() {}
            answer.body = std::mem::take(&mut self.buffer);
        }
        Some(answer)
    }

    /// The next head; the body's bytes stay unread.
    pub(crate) fn head(&mut self) -> Option<Answer> {
        let Some(head) = self.until(b"\r\n\r\n") else {
            assert!(self.buffer.is_empty(), "a part of an answer: {}", self.buffer.escape_ascii());
            return None;
        };
        let text: String = head.iter().copied().map(char::from).collect();
        let mut lines = text.trim_end_matches("\r\n").split("\r\n");
        let line = lines.next().unwrap();
        let (version, line) = line.split_once(' ').expect("a status line");
        assert!(matches!(version, "HTTP/1.1" | "HTTP/1.0"), "{version}");
        let (status, reason) = line.split_once(' ').expect("a status line");
        let is_token = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line:?}"));
            assert!(is_token(name) && !value.contains(['\r', '\n', '\0']), "not a header: {line:?}");
            (name.to_ascii_lowercase(), value.to_owned())
        });
        let headers = headers.collect();
        Some(Answer { status: status.parse().unwrap(), reason: reason.into(), headers, body: Vec::new() })
    }

    /// Whether the server closes the connection, with nothing more to say.
    pub(crate) fn is_closed(&mut self) -> bool {
        while self.fill() {}
        self.buffer.is_empty()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| &**value);
        assert!(name == "set-cookie" || values.next().is_none(), "{name} twice: {self:?}");
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
