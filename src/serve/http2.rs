//! The service of an HTTP/2 connection, and the body of its responses.

use super::state::{Connection, announced_length, too_short};
use super::streams::{Stream, Streams};
use crate::body::{Body, BoxError};
use crate::oneshot::Oneshot;
use bytes::{Buf, Bytes};
use http::{Method, Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::sync::oneshot;
use tower_service::Service;

/// Begins a stream for each request.
#[derive(Clone, Debug)]
pub(super) struct Http2Service<S> {
    inner: S,
    connection: Arc<Connection>,
    streams: Streams,
}

impl<S> Http2Service<S> {
    pub(super) fn new(inner: S, connection: Arc<Connection>, streams: Streams) -> Self {
        Self { inner, connection, streams }
    }
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Http2Service<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Data: Buf, Error: Into<BoxError>>,
{
    type Response = Response<Http2Body<B>>;
    type Error = Infallible;
    type Future = Http2Future<S>;

    fn call(&self, request: Request<Incoming>) -> Http2Future<S> {
        let is_head = request.method() == Method::HEAD;
        let mut request = request.map(Body::from);
        self.connection.receive(&mut request);
        Http2Future { call: Oneshot::new(self.inner.clone(), request), is_head, stream: self.streams.begin() }
    }
}

pin_project! {
    /// The future of an [`Http2Service`].
    pub(super) struct Http2Future<S: Service<Request<Body>>> {
        #[pin]
        call: Oneshot<S, Request<Body>>,
        is_head: bool,
        stream: Arc<Stream>,
    }
}

impl<S, B> Future for Http2Future<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Data: Buf, Error: Into<BoxError>>,
{
    type Output = Result<Response<Http2Body<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.call.poll(cx))?;
        let left = if *this.is_head { None } else { announced_length(&response) };
        let stream = Arc::clone(this.stream);
        Poll::Ready(Ok(response.map(|body| Http2Body {
            body,
            rest: Bytes::new(),
            is_cut: false,
            left,
            failed: None,
            stream,
        })))
    }
}

pin_project! {
    /// The body of a response, in frames of a limited size. hyper hands a frame to h2 as a whole once the client
    /// accepts a byte of it, and it then stays in memory until the client accepts the rest.
    pub(super) struct Http2Body<B> {
        #[pin]
        body: B,
        // Of a large frame.
        rest: Bytes,
        // A piece of that frame was handed out.
        is_cut: bool,
        // What the `Content-Length` of a stream has announced.
        left: Option<u64>,
        failed: Option<Failed>,
        stream: Arc<Stream>,
    }
}

/// A reset discards what h2 has not written, perhaps the head, so a body's failure waits until the last frame, which is
/// empty, is written.
struct Failed {
    error: Option<BoxError>,
    last: oneshot::Receiver<()>,
}

/// A frame for h2, which drops it when it is written.
pub(super) struct Data {
    bytes: Bytes,
    _last: Option<oneshot::Sender<()>>,
}

impl Buf for Data {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
    }
}

impl From<Bytes> for Data {
    fn from(bytes: Bytes) -> Self {
        Self { bytes, _last: None }
    }
}

/// The size of the largest frame: that of a DATA frame, unless the client accepts larger ones.
const MAX_FRAME: usize = 16 * 1024;

impl<B: http_body::Body<Data: Buf, Error: Into<BoxError>>> http_body::Body for Http2Body<B> {
    type Data = Data;
    type Error = BoxError;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Data>, BoxError>>> {
        let this = self.project();
        if let Some(Failed { error, last }) = this.failed {
            _ = ready!(Pin::new(last).poll(cx));
            return Poll::Ready(error.take().map(Err));
        }
        this.stream.is_asked();
        if this.rest.is_empty() {
            let is_short = matches!(this.left, Some(1..));
            let error = match ready!(this.body.poll_frame(cx)) {
                // `copy_to_bytes` does not copy what is `Bytes` already.
                Some(Ok(frame)) => {
                    match frame.map_data(|mut data| data.copy_to_bytes(data.remaining())).into_data() {
                        Ok(data) => {
                            *this.rest = data;
                            None
                        }
                        Err(_) if is_short => Some(too_short()),
                        Err(trailers) => return Poll::Ready(Some(Ok(trailers.map_data(Data::from)))),
                    }
                }
                Some(Err(error)) => Some(error.into()),
                None if is_short => Some(too_short()),
                None => return Poll::Ready(None),
            };
            if let Some(error) = error {
                let (sender, last) = oneshot::channel();
                *this.failed = Some(Failed { error: Some(error), last });
                this.stream.hands_out();
                return Poll::Ready(Some(Ok(Frame::data(Data { bytes: Bytes::new(), _last: Some(sender) }))));
            }
            if let Some(left) = this.left {
                // As over HTTP/1, what is longer ends where it has said that it would.
                if *left == 0 && !this.rest.is_empty() {
                    return Poll::Ready(None);
                }
                this.rest.truncate(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= this.rest.len() as u64;
            }
        }
        this.stream.hands_out();
        let piece = if this.rest.len() > MAX_FRAME {
            *this.is_cut = true;
            this.rest.split_to(MAX_FRAME)
        } else if mem::take(this.is_cut) {
            // h2 may keep the last piece after the stream's task has ended; a copy does not keep the others.
            Bytes::copy_from_slice(&mem::take(this.rest))
        } else {
            mem::take(this.rest)
        };
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        let goes_on = self.failed.is_some() || matches!(self.left, Some(1..));
        self.rest.is_empty() && !goes_on && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (mut hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}
