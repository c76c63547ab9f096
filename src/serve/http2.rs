//! The service of an HTTP/2 connection, and the body of its responses.

use super::state::Connection;
use super::streams::{Stream, Streams};
use crate::body::{Body, BoxError};
use crate::oneshot::Oneshot;
use bytes::{Buf, Bytes};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use pin_project_lite::pin_project;
use std::convert::Infallible;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
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
        let mut request = request.map(Body::from);
        self.connection.receive(&mut request);
        Http2Future { call: Oneshot::new(self.inner.clone(), request), stream: self.streams.begin() }
    }
}

pin_project! {
    /// The future of an [`Http2Service`].
    pub(super) struct Http2Future<S: Service<Request<Body>>> {
        #[pin]
        call: Oneshot<S, Request<Body>>,
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
        let stream = Arc::clone(this.stream);
        Poll::Ready(Ok(response.map(|body| Http2Body { body, rest: Bytes::new(), is_cut: false, stream })))
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
        stream: Arc<Stream>,
    }
}

/// The size of the largest frame: that of a DATA frame, unless the client accepts larger ones.
const MAX_FRAME: usize = 16 * 1024;

impl<B: http_body::Body<Data: Buf, Error: Into<BoxError>>> http_body::Body for Http2Body<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.project();
        this.stream.is_asked();
        if this.rest.is_empty() {
            let frame = match ready!(this.body.poll_frame(cx)) {
                // `copy_to_bytes` does not copy what is `Bytes` already.
                Some(Ok(frame)) => frame.map_data(|mut data| data.copy_to_bytes(data.remaining())),
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            };
            match frame.into_data() {
                Ok(data) => *this.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
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
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
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
