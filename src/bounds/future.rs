use super::{Deadline, Limit, Watch, gateway_timeout};
use crate::body::{BoxError, LayeredBody};
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
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// What a layer bounds of one response.
#[derive(Debug)]
pub(crate) struct Bounds {
    deadline: Option<Deadline>,
    limit: Option<Limit>,
    /// Tells whether what stands inside replaces the limit; `None` if it is the layer's own.
    claims: Option<Arc<Claims>>,
    line: RequestLine,
    /// Whether a router outside reports the errors.
    in_router: bool,
}

impl Bounds {
    /// Creates the bounds of the response to a request, before the request is passed on.
    fn new<B>(request: &Request<B>) -> Self {
        Self {
            deadline: None,
            limit: None,
            claims: None,
            line: RequestLine::of(request),
            in_router: request.extensions().get::<ContextExtension>().is_some(),
        }
    }

    /// Creates a deadline. A time that ends after the end of time has no end.
    pub(crate) fn deadline<B>(request: &mut Request<B>, time: Duration) -> Option<Self> {
        let end = Instant::now().checked_add(time)?;
        // A route inside ends by then, too, so that its router reports the error.
        Outer::of_mut(request.extensions_mut()).end_by(end);
        Some(Self { deadline: Some(Deadline::at(end)), ..Self::new(request) })
    }

    /// Passes the settings of a layer on to what stands inside of it, and returns what the layer itself bounds.
    ///
    /// `default` returns the limit of a layer that sets none itself, from the settings around; `None` if it measures nothing.
    pub(crate) fn start<B>(
        request: &mut Request<B>,
        rules: &Rules,
        default: Option<fn(&Rules) -> Option<SizeLimit>>,
    ) -> Option<Self> {
        let outer = Outer::of_mut(request.extensions_mut());
        outer.add(*rules);
        let enforce = outer.rules.enforces_response_limit();
        let (size, claims) = match (rules.response_limit, default) {
            // Its own limit applies whatever stands inside.
            (Some(size), _) => (size, None),
            (None, Some(default)) => (default(&outer.rules), Some(outer.watch())),
            (None, None) => (None, None),
        };
        // A time that ends after the end of time has no end.
        let end = rules.max_duration.and_then(|time| Instant::now().checked_add(time));
        if let Some(end) = end {
            outer.end_by(end);
        }
        (size.is_some() || end.is_some()).then(|| Self {
            deadline: end.map(Deadline::at),
            limit: size.map(|size| Limit { size, enforce }),
            claims,
            ..Self::new(request)
        })
    }

    /// Returns the 504 if the deadline has passed. It must be called only while there is no response.
    pub(crate) fn poll_late<B>(&mut self, cx: &mut Context<'_>) -> Poll<Response<LayeredBody<B>>> {
        let Some(deadline) = &mut self.deadline else { return Poll::Pending };
        deadline.poll(cx).map(|()| {
            if !self.in_router {
                log::route_failed(gateway_timeout().status(), &gateway_timeout(), true, self.line.subject());
            }
            self.respond(gateway_timeout())
        })
    }

    /// Applies the bounds to a response.
    pub(crate) fn apply<B>(mut self, mut response: Response<LayeredBody<B>>) -> Response<LayeredBody<B>>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>>,
    {
        if let Some(claims) = &self.claims {
            self.limit = self.limit.filter(|_| !claims.response_limit()).map(|limit| Limit {
                enforce: claims.enforces_response_limit().unwrap_or(limit.enforce),
                ..limit
            });
        }
        let mut meter = None;
        if let Some(limit) = self.limit {
            self.line.add_route(response.extensions());
            meter = match limit.measure(&mut response, true, &self.line) {
                Ok(meter) => meter,
                Err(error) => return self.respond(error.into()),
            };
        }
        let deadline = self.deadline.filter(|_| !response.body().is_end_stream());
        if meter.is_none() && deadline.is_none() {
            return response;
        }
        if deadline.is_some() {
            self.line.add_route(response.extensions());
        }
        let watch = Watch { deadline, meter, line: self.line, logs: !self.in_router };
        response.map(|body| body.guarded(watch))
    }

    fn respond<B>(&self, error: Error) -> Response<LayeredBody<B>> {
        let mut response = ErrorResponse::respond(error).map(LayeredBody::own);
        if let Some(route) = self.line.route() {
            response.extensions_mut().insert(route.clone());
        }
        response
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
        bounds: Option<Bounds>,
    }
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, bounds: Option<Bounds>) -> Self {
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
    bounds: &mut Option<Bounds>,
    layered: impl FnOnce(Response<R>) -> Response<LayeredBody<B>>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<LayeredBody<B>>, E>>
where
    F: Future<Output = Result<Response<R>, E>>,
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    let Some(future) = inner.as_mut().as_pin_mut() else { return Poll::Pending };
    if let Poll::Ready(result) = future.poll(cx) {
        let response = layered(result?);
        return Poll::Ready(Ok(match bounds.take() {
            Some(bounds) => bounds.apply(response),
            None => response,
        }));
    }
    let Some(bounds) = bounds else { return Poll::Pending };
    bounds.poll_late(cx).map(|response| {
        // What works on the response is dropped before the client gets another one.
        inner.set(None);
        Ok(response)
    })
}
