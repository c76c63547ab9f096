//! One connection.

use super::linger::Linger;
use super::request_line::{AtHead, RequestLine};
use super::service::Called;
use super::stop::{Phase, Stopping};
use super::timer::PatientTimer;
use crate::body::BoxError;
use crate::log;
use bytes::Buf;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;
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

async fn serve<S, B>(stream: TcpStream, service: S, header_read_timeout: Duration, mut stopping: Stopping)
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    /// So young that its first request may be on the way.
    const YOUNG: Duration = Duration::from_millis(500);
    let old = Instant::now() + YOUNG;
    let at_head = AtHead::default();
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(PatientTimer::new())
        .header_read_timeout(header_read_timeout)
        .max_buf_size(MAX_HEAD);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(20));
    let stream = RequestLine::new(Linger::new(stream), at_head.clone(), header_read_timeout);
    let service = Called::new(service, at_head.clone());
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut waiting = false;
    loop {
        tokio::select! {
            // The connection first: it takes in what has come before it is told to stop.
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    log::connection_failed(&*error);
                }
                return;
            }
            phase = stopping.next() => match phase {
                Phase::Serving => {}
                Phase::Finishing if at_head.has_begun() => connection.as_mut().graceful_shutdown(),
                Phase::Finishing => waiting = true,
                Phase::Over => return,
            },
            () = sleep_until(old), if waiting => {
                waiting = false;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
