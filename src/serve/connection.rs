//! One connection.

use super::head_timer::HeadTimer;
use super::linger::Linger;
use super::position::Position;
use super::preface::Version;
use super::request_line::RequestLine;
use super::service::Called;
use super::stop::{Phase, Stopping};
use crate::body::BoxError;
use crate::log;
use bytes::Buf;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};
use tower_service::Service;

/// How large the head of a request may be, more or less: hyper takes no more into its buffer. Node's limit is 16 KB.
const MAX_HEAD: usize = 128 * 1024;

/// Answers the requests of a connection in a task of its own.
pub(super) fn spawn<S, B>(stream: TcpStream, service: S, header_read_timeout: Duration, stopping: Stopping)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    // Small answers go out at once; a socket that refuses this still works.
    _ = stream.set_nodelay(true);
    tokio::spawn(serve(stream, service, header_read_timeout, stopping));
}

async fn serve<S, B>(stream: TcpStream, service: S, header_read_timeout: Duration, stopping: Stopping)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let position = Position::new();
    let mut head_timer = HeadTimer::start(position.clone(), header_read_timeout);
    let mut stream = RequestLine::new(Linger::new(stream), position.clone());
    let version = match begin(&mut stream, &mut head_timer, stopping.clone()).await {
        Ok(Some(version)) => version,
        Ok(None) => return,
        Err(error) => return log::connection_failed(&error),
    };
    let service = Called::new(service, position);
    match version {
        Version::Http1 => {
            let connection = http1::Builder::new()
                .max_buf_size(MAX_HEAD)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            drive(connection, http1::UpgradeableConnection::graceful_shutdown, Some(head_timer), stopping)
                .await;
        }
        Version::Http2 => {
            let connection = http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .keep_alive_interval(Duration::from_secs(20))
                .serve_connection(TokioIo::new(stream), service);
            drive(connection, http2::Connection::graceful_shutdown, None, stopping).await;
        }
    }
}

/// Waits for the first bytes; none if the server stops first.
async fn begin<T: AsyncRead + Unpin>(
    stream: &mut RequestLine<T>,
    head_timer: &mut HeadTimer,
    mut stopping: Stopping,
) -> io::Result<Option<Version>> {
    /// So young that its first request may be on the way.
    const YOUNG: Duration = Duration::from_millis(500);
    let old = Instant::now() + YOUNG;
    let mut version = pin!(stream.version());
    let mut is_last_chance = false;
    loop {
        tokio::select! {
            // What has come first: it is taken in before the connection is told to stop.
            biased;
            version = version.as_mut() => return version.map(Some),
            () = poll_fn(|cx| head_timer.poll_too_late(cx)) => return Err(io::ErrorKind::TimedOut.into()),
            phase = stopping.next() => match phase {
                Phase::Serving => {}
                Phase::Finishing => is_last_chance = true,
                Phase::Over => return Ok(None),
            },
            () = sleep_until(old), if is_last_chance => return Ok(None),
        }
    }
}

/// Has requests answered until the client or the server is done.
async fn drive<C: Future<Output = hyper::Result<()>>>(
    connection: C,
    shut_down: impl Fn(Pin<&mut C>),
    mut head_timer: Option<HeadTimer>,
    mut stopping: Stopping,
) {
    let mut connection = pin!(connection);
    loop {
        tokio::select! {
            // The connection first: it takes in what has come before it is told to stop.
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    log::connection_failed(&error);
                }
                return;
            }
            () = poll_fn(|cx| match &mut head_timer {
                Some(head_timer) => head_timer.poll_too_late(cx),
                None => Poll::Pending,
            }) => return log::connection_failed(&io::Error::from(io::ErrorKind::TimedOut)),
            phase = stopping.next() => match phase {
                Phase::Serving => {}
                Phase::Finishing => shut_down(connection.as_mut()),
                Phase::Over => return,
            },
        }
    }
}
