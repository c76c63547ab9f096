//! The service of an HTTP/1 connection, and the body of its responses.

use super::early::Facts;
use super::refusal::Refusal;
use super::state::{Connection, announced_length, too_short};
use crate::body::{Body, BoxError};
use crate::oneshot::Oneshot;
use bytes::Buf as _;
use http::{Method, Request, Response, StatusCode};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use pin_project_lite::pin_project;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use tower_service::Service;

/// Refuses malformed requests, and sees early responses and upgrades.
#[derive(Clone, Debug)]
pub(super) struct Http1Service<S> {
    inner: S,
    connection: Arc<Connection>,
}

impl<S> Http1Service<S> {
    pub(super) fn new(inner: S, connection: Arc<Connection>) -> Self {
        Self { inner, connection }
    }
}

/// What remains to be done about a request when its response is there.
#[derive(Debug)]
struct After {
    /// Whether the request can be upgraded, and if so, whether its method is CONNECT.
    upgrade: Option<bool>,
    /// If the request has a body.
    body: Option<Facts>,
}

impl After {
    fn of(request: &Request<Incoming>) -> Self {
        let can_upgrade = request.extensions().get::<OnUpgrade>().is_some();
        let has_body = !http_body::Body::is_end_stream(request.body());
        Self {
            upgrade: can_upgrade.then(|| request.method() == Method::CONNECT),
            body: has_body.then(|| Facts::of(request)),
        }
    }

    fn settle<B>(&self, connection: &Connection, response: &mut Response<B>) {
        if let Some(is_connect) = self.upgrade {
            let status = response.status();
            if status == StatusCode::SWITCHING_PROTOCOLS || (is_connect && status.is_success()) {
                // What comes next belongs to the handler.
                drop(connection.rest().take());
                return connection.set_upgraded();
            }
        }
        if let Some(facts) = self.body {
            let is_stopping = connection.watcher.draining().has_begun();
            facts.settle(&connection.rest(), is_stopping, response.headers_mut());
        }
    }
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Http1Service<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible> + Clone,
    B: http_body::Body<Error: Into<BoxError>>,
{
    type Response = Response<Http1Body<B>>;
    type Error = Infallible;
    type Future = Http1Future<S>;

    fn call(&self, request: Request<Incoming>) -> Http1Future<S> {
        let connection = Arc::clone(&self.connection);
        let after = After::of(&request);
        if let Some(refusal) = Refusal::of(&request) {
            return Http1Future { call: Call::Refused { refusal }, after, connection };
        }
        let (parts, body) = request.into_parts();
        let body = if after.body.is_some() { connection.share(body) } else { Body::empty() };
        let mut request = Request::from_parts(parts, body);
        connection.receive(&mut request);
        let mut service = self.inner.clone();
        // A service that is ready at once, as every router is, is called without another copy of the request.
        let call = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Call::Called { future: service.call(request) },
            Poll::Ready(Err(never)) => match never {},
            Poll::Pending => Call::Waiting { future: Box::pin(Oneshot::new(service, request)) },
        };
        Http1Future { call, after, connection }
    }
}

pin_project! {
    #[project = CallProj]
    enum Call<S: Service<Request<Body>>> {
        Called { #[pin] future: S::Future },
        Waiting { future: Pin<Box<Oneshot<S, Request<Body>>>> },
        Refused { refusal: Refusal },
        Done,
    }
}

pin_project! {
    /// The future of an [`Http1Service`].
    pub(super) struct Http1Future<S: Service<Request<Body>>> {
        #[pin]
        call: Call<S>,
        after: After,
        connection: Arc<Connection>,
    }
}

impl<S, B> Future for Http1Future<S>
where
    S: Service<Request<Body>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body<Error: Into<BoxError>>,
{
    type Output = Result<Response<Http1Body<B>>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Ok(mut response) = match this.call.as_mut().project() {
            CallProj::Called { future } => ready!(future.poll(cx)),
            CallProj::Waiting { future } => ready!(future.as_mut().poll(cx)),
            CallProj::Refused { refusal } => {
                return Poll::Ready(Ok(refusal.response(Http1Body { body: None, stream: None })));
            }
            CallProj::Done => unreachable!("hyper drops the future at its end"),
        };
        // A body that the future still has goes with it.
        this.call.set(Call::Done);
        this.after.settle(this.connection, &mut response);
        let stream = response.body().size_hint().exact().is_none().then(|| {
            let left = announced_length(&response);
            Box::new(Streamed { left, failed: None, connection: Arc::clone(this.connection) })
        });
        Poll::Ready(Ok(response.map(|body| Http1Body { body: Some(body), stream })))
    }
}

pin_project! {
    /// The body of a response.
    pub(super) struct Http1Body<B> {
        // `None` in a refusal.
        #[pin]
        body: Option<B>,
        // Of a body of unknown length.
        stream: Option<Box<Streamed>>,
    }
}

/// hyper discards what it has not sent when a body fails, perhaps the head, so a stream's failure waits until the client
/// has it.
struct Streamed {
    /// What a `Content-Length` has announced.
    left: Option<u64>,
    failed: Option<BoxError>,
    connection: Arc<Connection>,
}

impl<B: http_body::Body<Error: Into<BoxError>>> http_body::Body for Http1Body<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        let this = self.project();
        if let Some(stream) = this.stream.as_deref_mut().filter(|stream| stream.failed.is_some()) {
            // Polled again when the client takes bytes.
            if stream.connection.clock.is_blocked() {
                return Poll::Pending;
            }
            return Poll::Ready(stream.failed.take().map(Err));
        }
        let Some(body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
        let polled = ready!(body.poll_frame(cx));
        let Some(stream) = this.stream.as_deref_mut() else {
            return Poll::Ready(polled.map(|frame| frame.map_err(Into::into)));
        };
        let error = match (polled, &mut stream.left) {
            (Some(Ok(frame)), left) => {
                if let (Some(left), Some(data)) = (left, frame.data_ref()) {
                    *left = left.saturating_sub(data.remaining() as u64);
                }
                return Poll::Ready(Some(Ok(frame)));
            }
            (Some(Err(error)), _) => error.into(),
            (None, Some(1..)) => too_short(),
            (None, _) => return Poll::Ready(None),
        };
        stream.failed = Some(error);
        // hyper flushes when the body waits.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        let goes_on = |stream: &Streamed| stream.failed.is_some() || matches!(stream.left, Some(1..));
        self.body.as_ref().is_none_or(B::is_end_stream) && !self.stream.as_deref().is_some_and(goes_on)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), B::size_hint)
    }
}
