use super::{Deadline, Limit, Watch, gateway_timeout};
use crate::body::{BodyError, BoxError, Guard, LayeredBody};
use crate::config::{Claims, Outer, Rules};
use crate::context::{ContextExtension, RequestLine};
use crate::error::{Error, ErrorResponse};
use crate::log::{self, HasSubject as _};
use crate::size::SizeLimit;
use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// What a layer bounds of one response: first the wait for it, then its body.
///
/// It is on the heap, because a layer that bounds nothing should not reserve space for it, and becomes the guard of the
/// body there.
#[derive(Debug)]
pub(crate) struct Bounds {
    watch: Watch<RequestLine>,
    limit: Option<Limit>,
    /// Tells whether what stands inside replaces the limit; `None` if it is the layer's own.
    claims: Option<Arc<Claims>>,
}

impl Bounds {
    /// Creates the bounds of the response to a request, before the request is passed on. `end` is when it has to end.
    fn new<B>(request: &Request<B>, end: Option<Instant>) -> Self {
        // A router outside reports the errors itself.
        let in_router = request.extensions().get::<ContextExtension>().is_some();
        let (deadline, line) = (end.map(Deadline::at), RequestLine::of(request));
        Self { watch: Watch { deadline, meter: None, line, logs: !in_router }, limit: None, claims: None }
    }

    /// Creates a deadline.
    pub(crate) fn deadline<B>(request: &mut Request<B>, time: Duration) -> Option<Box<Self>> {
        let end = ends_first(request, time)?;
        let bounds = Box::new(Self::new(request, Some(end)));
        // A route inside ends by then, too, so that its router reports the error.
        Outer::of_mut(request.extensions_mut()).end_by(end);
        Some(bounds)
    }

    /// Passes the settings of a layer on to what stands inside of it, and returns what the layer itself bounds.
    ///
    /// `default` returns the limit of a layer that sets none itself, from the settings around; `None` if it measures nothing.
    pub(crate) fn start<B>(
        request: &mut Request<B>,
        rules: &Rules,
        default: Option<fn(&Rules) -> Option<SizeLimit>>,
    ) -> Option<Box<Self>> {
        let end = rules.max_duration.and_then(|time| ends_first(request, time));
        let bounds = end.is_some() || default.is_some() || rules.response_limit.is_some();
        let mut bounds = bounds.then(|| Box::new(Self::new(request, end)));
        let outer = Outer::add_to(request.extensions_mut(), rules);
        if let Some(end) = end {
            outer.end_by(end);
        }
        if let Some(bounds) = &mut bounds {
            let size = match (rules.response_limit, default) {
                // Its own limit applies whatever stands inside.
                (Some(size), _) => size,
                (None, Some(default)) => {
                    bounds.claims = Some(outer.watch());
                    default(&outer.rules)
                }
                (None, None) => None,
            };
            let enforce = outer.rules.enforces_response_limit();
            bounds.limit = size.map(|size| Limit { size, enforce });
        }
        bounds
    }

    /// Returns the 504 if the deadline has passed. It must be called only while there is no response.
    pub(crate) fn poll_late<B>(&mut self, cx: &mut Context<'_>) -> Poll<Response<LayeredBody<B>>> {
        let Some(deadline) = &mut self.watch.deadline else { return Poll::Pending };
        ready!(deadline.poll(cx));
        let error = gateway_timeout();
        if self.watch.logs {
            log::route_failed(error.status(), &error, true, self.watch.line.subject());
        }
        Poll::Ready(self.respond(error))
    }

    /// Applies the bounds to a response.
    pub(crate) fn apply<B>(mut self: Box<Self>, response: &mut Response<LayeredBody<B>>)
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        if let Some(claims) = self.claims.take() {
            if claims.response_limit() {
                self.limit = None;
            } else if let (Some(limit), Some(enforce)) = (&mut self.limit, claims.enforces_response_limit()) {
                limit.enforce = enforce;
            }
        }
        self.watch.line.add_route(response.extensions());
        if let Some(limit) = self.limit {
            match limit.measure(response, true, &self.watch.line) {
                Ok(meter) => self.watch.meter = meter,
                Err(error) => {
                    *response = self.respond(error.into());
                    return;
                }
            }
        }
        if self.watch.meter.is_some() || (self.watch.deadline.is_some() && !response.body().is_end_stream()) {
            response.body_mut().guard(self);
        }
    }

    fn respond<B>(&self, error: Error) -> Response<LayeredBody<B>> {
        let mut response = ErrorResponse::respond(error).map(LayeredBody::own);
        if let Some(route) = self.watch.line.route() {
            response.extensions_mut().insert(route.clone());
        }
        response
    }
}

/// Returns when a deadline ends that starts now.
///
/// `None` if it has no end, since a time may end after the end of time, or if a layer around ends the response by then
/// anyway. It still replaces the default deadlines of the routers in between.
fn ends_first<B>(request: &Request<B>, time: Duration) -> Option<Instant> {
    let end = Instant::now().checked_add(time)?;
    match Outer::of(request.extensions()) {
        Some(outer) if outer.end.is_some_and(|outer| outer <= end) => {
            outer.claim_deadline();
            None
        }
        _ => Some(end),
    }
}

impl Guard for Bounds {
    fn poll(&mut self, cx: &mut Context<'_>, waits: bool) -> Poll<BodyError> {
        self.watch.poll(cx, waits)
    }

    fn add(&mut self, bytes: usize) -> Result<(), BodyError> {
        self.watch.add(bytes)
    }
}

pin_project! {
    /// The future of a [`MaxDuration`](crate::max_duration::MaxDuration) and of a
    /// [`ResponseLimit`](crate::response_limit::ResponseLimit).
    #[derive(Debug)]
    pub struct ResponseFuture<F> {
        // `None` once the deadline has passed.
        #[pin]
        inner: Option<F>,
        // `None` if the layer does nothing, or once there is a response.
        bounds: Option<Box<Bounds>>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, bounds: Option<Box<Bounds>>) -> Self {
        Self { inner: Some(inner), bounds }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<LayeredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll(this.inner, this.bounds, |response| response.map(LayeredBody::inner), cx)
    }
}

/// Polls a service's future, and applies the bounds to its response, with the body that `layered` makes of it.
pub(crate) fn poll<F, R, B, E>(
    mut inner: Pin<&mut Option<F>>,
    bounds: &mut Option<Box<Bounds>>,
    layered: impl FnOnce(Response<R>) -> Response<LayeredBody<B>>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<LayeredBody<B>>, E>>
where
    F: Future<Output = Result<Response<R>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let Some(future) = inner.as_mut().as_pin_mut() else { return Poll::Pending };
    let mut polled = future.poll(cx).map_ok(layered);
    if let Poll::Ready(result) = &mut polled {
        if let (Ok(response), Some(bounds)) = (result, bounds.take()) {
            bounds.apply(response);
        }
        return polled;
    }
    let Some(bounds) = bounds else { return Poll::Pending };
    bounds.poll_late(cx).map(|response| {
        // What works on the response is dropped before the client gets another one.
        inner.set(None);
        Ok(response)
    })
}
