//! Listeners whose `accept` fails.

use crate::common::log::Log;
use crate::memory::{head, rest, start};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, timeout};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Listener, Result, serve};
use tracing::Level;

async fn slow(_req: ApiRequest, res: ApiResponse) -> Result {
    sleep(Duration::from_secs(2)).await;
    res.send("slow")
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/api/slow", slow)
}

const GET: &str = "GET /api/slow HTTP/1.1\r\nHost: x\r\n\r\n";

/// Fails as often as it is told to, then has one connection.
struct Failing {
    errors: VecDeque<io::Error>,
    connection: Option<DuplexStream>,
    calls: Arc<AtomicUsize>,
}

impl Listener for Failing {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> io::Result<(DuplexStream, ())> {
        self.calls.fetch_add(1, Relaxed);
        if let Some(error) = self.errors.pop_front() {
            return Err(error);
        }
        match self.connection.take() {
            Some(stream) => Ok((stream, ())),
            None => std::future::pending().await,
        }
    }
}

/// A name, what `accept` returns five times, how many milliseconds that takes, and how often it is logged.
type Case = (&'static str, fn() -> io::Error, u128, usize);

#[tokio::test(start_paused = true)]
async fn accept_is_retried_at_once_or_later() {
    const EMFILE: i32 = 24;
    let log = Log::capture();
    let cases: [Case; 5] = [
        ("no file descriptor", || io::Error::from_raw_os_error(EMFILE), 500, 5),
        ("anything else", || io::Error::other("a handshake went wrong"), 500, 5),
        ("a reset", || ErrorKind::ConnectionReset.into(), 0, 0),
        ("an abort", || ErrorKind::ConnectionAborted.into(), 0, 0),
        ("a refusal", || ErrorKind::ConnectionRefused.into(), 0, 0),
    ];
    for (name, error, milliseconds, logged) in cases {
        let (mut client, connection) = duplex(1024);
        let calls = Arc::<AtomicUsize>::default();
        let errors = (0..5).map(|_| error()).collect();
        let listener = Failing { errors, connection: Some(connection), calls: calls.clone() };
        tokio::spawn(serve(listener, api()).into_future());
        let begin = Instant::now();
        client.write_all(GET.as_bytes()).await.unwrap();
        assert!(head(&mut client).await.starts_with("HTTP/1.1 200"), "{name}");
        let waited = begin.elapsed().saturating_sub(Duration::from_secs(2));
        assert_eq!((waited.as_millis(), calls.load(Relaxed)), (milliseconds, 7), "{name}");
        let errors = log.take(Level::ERROR);
        assert_eq!(
            errors.iter().filter(|event| event.message() == "accept failed").count(),
            logged,
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn broken_listener_ends_the_server() {
    let (server, task) = start(api(), |serve| serve);
    let mut client = server.send(GET).await;
    sleep(Duration::from_millis(1)).await;
    let begin = Instant::now();
    drop(server);
    assert!(rest(&mut client).await.ends_with("slow"), "the request in flight");
    assert_eq!(task.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    assert!(begin.elapsed() < Duration::from_secs(4), "{:?}", begin.elapsed());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn closed_listening_socket_is_fatal() {
    use std::net::{Shutdown, TcpListener, TcpStream};
    use std::os::fd::OwnedFd;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let socket = TcpStream::from(OwnedFd::from(listener.try_clone().unwrap()));
    let server = serve(tokio::net::TcpListener::from_std(listener).unwrap(), api());
    let server = tokio::spawn(server.into_future());
    sleep(Duration::from_millis(50)).await;
    assert!(!server.is_finished());
    socket.shutdown(Shutdown::Both).unwrap();
    let ended = timeout(Duration::from_secs(5), server).await.expect("it goes on").unwrap();
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::InvalidInput);
}

/// As TLS does, such a connection keeps what is written until it is flushed or shut down.
struct Buffering(Option<BufWriter<DuplexStream>>);

impl Listener for Buffering {
    type Io = BufWriter<DuplexStream>;
    type Addr = ();

    async fn accept(&mut self) -> io::Result<(BufWriter<DuplexStream>, ())> {
        match self.0.take() {
            Some(stream) => Ok((stream, ())),
            None => std::future::pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn buffering_connection_is_flushed_and_closed() {
    const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for (request, closes) in [(GET.as_bytes(), false), (b"GET / HTTP/1.0\r\n\r\n", true), (HTTP2, false)] {
        let (mut client, connection) = duplex(64 * 1024);
        tokio::spawn(serve(Buffering(Some(BufWriter::new(connection))), api()).into_future());
        client.write_all(request).await.unwrap();
        let mut first = [0; 9];
        timeout(Duration::from_secs(9), client.read_exact(&mut first)).await.expect("no response").unwrap();
        if closes {
            let rest = timeout(Duration::from_secs(9), rest(&mut client)).await.expect("it stays open");
            assert!(rest.ends_with("Not Found"), "{rest}");
        }
    }
}

#[tokio::test]
async fn small_responses_over_tcp_are_sent_at_once() {
    let mut listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = Listener::accept(&mut listener).await.unwrap();
    assert!(stream.nodelay().unwrap());
}
