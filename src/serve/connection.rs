//! Serves a single connection.

use super::graceful::{Phase, Watcher};
use super::service::ConnectionService;
use super::stream::Stream;
use super::version::Version;
use crate::body::BoxError;
use crate::log;
use crate::request::RemoteAddr;
use bytes::Buf;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;
use tower_service::Service;

/// The size of hyper's read buffer, which limits the head of a request. Node's limit is 16 KB.
const MAX_HEAD: usize = 128 * 1024;
/// The size of a response that is buffered for an HTTP/2 stream whose client does not read. hyper's default of 400
/// KB amounts to 80 MB for the 200 streams of a connection.
const MAX_SEND_BUF: usize = 64 * 1024;
/// The interval at which an HTTP/2 client gets a ping, to detect that it has disconnected.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// Serves the requests of a connection until the client or the server closes it.
pub(super) async fn serve<Io, S, B>(
    io: Io,
    service: S,
    remote_addr: Option<RemoteAddr>,
    header_read_timeout: Duration,
    mut watcher: Watcher,
) where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let mut stream = Stream::new(io);
    let version = match first_bytes(&mut stream, header_read_timeout, &mut watcher).await {
        Ok(Some(version)) => version,
        Ok(None) => return,
        Err(error) => return log::connection_failed(&error),
    };
    let service = ConnectionService::new(service, remote_addr, stream.upgraded());
    let service = TowerToHyperService::new(service);
    match version {
        Version::Http1 => {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(header_read_timeout)
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            drive(connection, http1::UpgradeableConnection::graceful_shutdown, watcher).await;
        }
        Version::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(PING_INTERVAL)
                .max_send_buf_size(MAX_SEND_BUF)
                .serve_connection(TokioIo::new(stream), service);
            drive(connection, http2::Connection::graceful_shutdown, watcher).await;
        }
    }
}

/// Waits for the first bytes of a connection, and returns its version, or `None` if it closes or the server stops
/// first.
async fn first_bytes<Io: AsyncRead + Unpin>(
    stream: &mut Stream<Io>,
    limit: Duration,
    watcher: &mut Watcher,
) -> io::Result<Option<Version>> {
    /// The time after `accept` in which a connection can still send its first request to a server that is stopping.
    const YOUNG: Duration = Duration::from_millis(500);
    let mut young = pin!(sleep(YOUNG));
    let mut time_limit = pin!(sleep(limit));
    let mut version = pin!(stream.version());
    let mut is_draining = false;
    loop {
        tokio::select! {
            // Bytes that have arrived are read before the connection starts to shut down.
            biased;
            version = version.as_mut() => return version,
            () = time_limit.as_mut() => return Err(io::ErrorKind::TimedOut.into()),
            phase = watcher.next() => match phase {
                Phase::Running => {}
                Phase::Draining => is_draining = true,
                Phase::Over => return Ok(None),
            },
            () = young.as_mut(), if is_draining => return Ok(None),
        }
    }
}

async fn drive<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    graceful_shutdown: impl Fn(Pin<&mut C>),
    mut watcher: Watcher,
) {
    let mut connection = pin!(connection);
    let begun = watcher.begun();
    loop {
        let mut next_phase = pin!(watcher.next());
        let mut is_waiting = false;
        let phase = poll_fn(|cx| {
            // Bytes that have arrived are read before the connection starts to shut down.
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(Err(ended));
            }
            // Once the task waits for the next phase, the start of a shutdown wakes it.
            if is_waiting && !begun.load(Ordering::Relaxed) {
                return Poll::Pending;
            }
            is_waiting = true;
            next_phase.as_mut().poll(cx).map(Ok)
        });
        match phase.await {
            Ok(Phase::Running) => {}
            Ok(Phase::Draining) => graceful_shutdown(connection.as_mut()),
            Ok(Phase::Over) | Err(Ok(())) => return,
            Err(Err(error)) => return log::connection_failed(&error),
        }
    }
}
