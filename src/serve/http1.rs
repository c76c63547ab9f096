//! The service of an HTTP/1 connection, and the body of its responses.

use super::connection::Connection;
use super::early::Facts;
use super::refusal::Refusal;
use crate::body::{Body, BoxError};
use crate::oneshot::Oneshot;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method, Request, Response, StatusCode};
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
    connection: Arc<Connection>,
    /// Whether the request can be upgraded, and if so, whether its method is CONNECT.
    upgrade: Option<bool>,
    /// If the request has a body.
    body: Option<Facts>,
}

impl After {
    fn of(request: &Request<Incoming>, connection: &Arc<Connection>) -> Option<Self> {
        let can_upgrade = request.extensions().get::<OnUpgrade>().is_some();
        let has_body = !http_body::Body::is_end_stream(request.body());
        (can_upgrade || has_body).then(|| Self {
            connection: Arc::clone(connection),
            upgrade: can_upgrade.then(|| request.method() == Method::CONNECT),
            body: has_body.then(|| Facts::of(request)),
        })
    }

    fn settle(self, status: StatusCode, headers: &mut HeaderMap) {
        let Self { connection, upgrade, body } = self;
        if let Some(is_connect) = upgrade {
            if status == StatusCode::SWITCHING_PROTOCOLS || (is_connect && status.is_success()) {
                // What comes next belongs to the handler.
                drop(connection.rest.take());
                return connection.upgraded.set();
            }
        }
        if let Some(facts) = body {
            facts.settle(&connection.rest, connection.watcher.draining().has_begun(), headers);
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
        if let Some(refusal) = Refusal::of(&request) {
            return Http1Future { call: Call::Refused { refusal }, after: None, connection: None };
        }
        let after = After::of(&request, &self.connection);
        let request =
            self.connection.receive(request.map(|body| Body::received(body, &self.connection.rest)));
        let mut service = self.inner.clone();
        // A service that is ready at once, as every router is, is called without another copy of the request.
        let call = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Call::Called { future: service.call(request) },
            Poll::Ready(Err(never)) => match never {},
            Poll::Pending => Call::Waiting { future: Oneshot::new(service, request) },
        };
        Http1Future { call, after, connection: Some(Arc::clone(&self.connection)) }
    }
}

pin_project! {
    #[project = CallProj]
    enum Call<S: Service<Request<Body>>> {
        Called { #[pin] future: S::Future },
        Waiting { #[pin] future: Oneshot<S, Request<Body>> },
        Refused { refusal: Refusal },
        Done,
    }
}

pin_project! {
    /// The future of an [`Http1Service`].
    pub(super) struct Http1Future<S: Service<Request<Body>>> {
        #[pin]
        call: Call<S>,
        after: Option<After>,
        connection: Option<Arc<Connection>>,
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
        let response = match this.call.as_mut().project() {
            CallProj::Called { future } => ready!(future.poll(cx)),
            CallProj::Waiting { future } => ready!(future.poll(cx)),
            CallProj::Refused { refusal } => {
                return Poll::Ready(Ok(refusal.response(Http1Body::empty())));
            }
            CallProj::Done => unreachable!("hyper drops the future at its end"),
        };
        // A body that the future still has goes with it.
        this.call.set(Call::Done);
        let mut response = match response {
            Ok(response) => response,
            Err(never) => match never {},
        };
        if let Some(after) = this.after.take() {
            let status = response.status();
            after.settle(status, response.headers_mut());
        }
        let announced = match response.body().size_hint().exact() {
            Some(_) => None,
            None => {
                response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok())
            }
        };
        let connection = this.connection.take();
        Poll::Ready(Ok(response.map(|body| Http1Body {
            body: Some(body),
            left: announced,
            failed: None,
            connection,
        })))
    }
}

pin_project! {
    /// The body of a response. hyper discards what it has not sent when a body fails, perhaps the head, so a failure
    /// waits until the client has it.
    pub(super) struct Http1Body<B> {
        // `None` in a refusal.
        #[pin]
        body: Option<B>,
        // Of a stream with a `Content-Length`.
        left: Option<u64>,
        failed: Option<BoxError>,
        connection: Option<Arc<Connection>>,
    }
}

impl<B> Http1Body<B> {
    fn empty() -> Self {
        Self { body: None, left: None, failed: None, connection: None }
    }
}

impl<B: http_body::Body<Error: Into<BoxError>>> http_body::Body for Http1Body<B> {
    type Data = B::Data;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, BoxError>>> {
        use bytes::Buf as _;
        let this = self.project();
        if this.failed.is_none() {
            let Some(body) = this.body.as_pin_mut() else { return Poll::Ready(None) };
            let error = match ready!(body.poll_frame(cx)) {
                Some(Ok(frame)) => {
                    if let (Some(left), Some(data)) = (this.left, frame.data_ref()) {
                        *left = left.saturating_sub(data.remaining() as u64);
                    }
                    return Poll::Ready(Some(Ok(frame)));
                }
                None if this.left.is_none_or(|left| left == 0) => return Poll::Ready(None),
                None => "the stream is shorter than its Content-Length".into(),
                Some(Err(error)) => error.into(),
            };
            *this.failed = Some(error);
            // hyper flushes when the body waits.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Woken again when the client takes bytes.
        if this.connection.as_ref().is_some_and(|connection| connection.is_blocked()) {
            return Poll::Pending;
        }
        Poll::Ready(this.failed.take().map(Err))
    }

    fn is_end_stream(&self) -> bool {
        let has_ended = self.body.as_ref().is_none_or(B::is_end_stream);
        has_ended && self.failed.is_none() && self.left.is_none_or(|left| left == 0)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or(SizeHint::with_exact(0), B::size_hint)
    }
}
