//! Serves a single connection.

use super::clock::{Alarm, HyperTimer, Limit};
use super::early::Reader;
use super::http1::Http1Service;
use super::http2::Http2Service;
use super::state::{Connection, Settings};
use super::streams::Streams;
use super::transport::Transport;
use super::version::Version;
use crate::body::{Body, BoxError};
use crate::log;
use crate::request::RemoteAddr;
use crate::shutdown::{Phase, Watcher};
use bytes::Buf;
use http::{Request, Response};
use hyper::server::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
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
    settings: Settings,
    watcher: Watcher,
) where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let connection = Arc::new(Connection::new(watcher, remote_addr, settings));
    let mut transport = Transport::new(io, Arc::clone(&connection));
    let version = match first_bytes(&mut transport, &connection).await {
        Ok(Some(version)) => version,
        Ok(None) => return,
        Err(error) => return log::connection_failed(&error),
    };
    let timer = HyperTimer(Arc::clone(&connection.clock));
    match version {
        Version::Http1 => {
            let mut hypers = pin!(
                http1::Builder::new()
                    .timer(timer)
                    .header_read_timeout(settings.header_read_timeout)
                    .max_buf_size(MAX_HEAD)
                    .serve_connection(
                        TokioIo::new(transport),
                        Http1Service::new(service, Arc::clone(&connection))
                    )
                    .with_upgrades()
            );
            let mut reader = Reader::new(settings.header_read_timeout);
            drive(&connection, |event, cx| {
                match event {
                    Some(Event::Draining) => {
                        hypers.as_mut().graceful_shutdown();
                        reader.stop(&connection.clock);
                    }
                    Some(Event::Ended(Limit::Rest)) => reader.stop(&connection.clock),
                    _ => {}
                }
                let polled = hypers.as_mut().poll(cx);
                if connection.has_body() && reader.poll(&connection.rest(), &connection.clock, cx).is_ready()
                {
                    connection.forget_body();
                }
                polled
            })
            .await;
        }
        Version::Http2 => {
            let streams = Streams::new(connection.watcher.clone(), Arc::clone(&connection.clock));
            let service = Http2Service::new(service, Arc::clone(&connection), streams.clone());
            let mut builder = http2::Builder::new(streams.clone());
            builder.timer(timer).keep_alive_interval(PING_INTERVAL).max_send_buf_size(MAX_SEND_BUF);
            if let Some(number) = settings.max_concurrent_streams {
                builder.max_concurrent_streams(number);
            }
            let mut hypers = pin!(builder.serve_connection(TokioIo::new(transport), service));
            drive(&connection, |event, cx| {
                match (event, settings.send_timeout) {
                    (Some(Event::Draining), _) => {
                        hypers.as_mut().graceful_shutdown();
                        streams.wake();
                    }
                    (Some(Event::Ended(Limit::Streams)), Some(time)) => streams.cut(time),
                    _ => {}
                }
                let polled = hypers.as_mut().poll(cx);
                if let Some(time) = settings.send_timeout {
                    streams.set_limit(time);
                }
                polled
            })
            .await;
        }
    }
}

/// Waits for the first bytes of a connection, and returns its version, or `None` if it closes or the server stops
/// first.
async fn first_bytes<Io: AsyncRead + Unpin>(
    transport: &mut Transport<Io>,
    connection: &Connection,
) -> io::Result<Option<Version>> {
    /// The time after `accept` in which a connection can still send its first request to a server that is stopping.
    const YOUNG: Duration = Duration::from_millis(500);
    let mut young = pin!(sleep(YOUNG));
    let mut time_limit = pin!(sleep(connection.settings.header_read_timeout));
    let mut version = pin!(transport.version());
    let (mut watcher, mut is_draining) = (connection.watcher.clone(), false);
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

/// What a connection learns before it is polled.
enum Event {
    Draining,
    Ended(Limit),
}

/// Polls a connection until it ends, a client takes nothing for too long, or the server cuts it off.
async fn drive(
    connection: &Connection,
    mut poll: impl FnMut(Option<Event>, &mut Context<'_>) -> Poll<hyper::Result<()>>,
) {
    let mut sleep = pin!(sleep(Duration::ZERO));
    let mut alarm = Alarm::new(sleep.as_mut());
    let (clock, draining) = (&connection.clock, connection.watcher.draining());
    let (mut watcher, mut event) = (connection.watcher.clone(), None);
    loop {
        let mut next_phase = pin!(watcher.next());
        let mut is_waiting = false;
        let phase = poll_fn(|cx| {
            loop {
                // Bytes that have arrived are read before the connection starts to shut down.
                if let Poll::Ready(ended) = poll(event.take(), cx) {
                    return Poll::Ready(Err(ended.map_err(BoxError::from)));
                }
                match alarm.poll(clock, cx) {
                    Poll::Ready(Limit::Send) => {
                        return Poll::Ready(Err(Err("the client takes nothing".into())));
                    }
                    Poll::Ready(limit) => event = Some(Event::Ended(limit)),
                    Poll::Pending => break,
                }
            }
            // Once the task waits for the next phase, the start of a shutdown wakes it.
            if is_waiting && !draining.has_begun() {
                return Poll::Pending;
            }
            is_waiting = true;
            next_phase.as_mut().poll(cx).map(Ok)
        });
        match phase.await {
            Ok(Phase::Running) => {}
            Ok(Phase::Draining) => event = Some(Event::Draining),
            Ok(Phase::Over) | Err(Ok(())) => return,
            Err(Err(error)) => return log::connection_failed(&*error),
        }
    }
}
