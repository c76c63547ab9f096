//! The future of a route: it runs the handler, applies its deadline, and handles its errors and its response.

use super::content_length::{correct_length, drop_body};
use crate::body::Body;
use crate::bounds::{self, Deadline, Limit, Meter, gateway_timeout};
use crate::context::RequestHead;
use crate::error::{Error, ErrorResponse, caught};
use crate::log;
use crate::response::{Response, Result, reason};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::time::Instant;

/// A running handler.
pub(crate) type BoxFuture = Pin<Box<dyn Future<Output = Result> + Send>>;

/// The future of a [`RouteService`](super::RouteService) and of an [`ApiRouter`](crate::ApiRouter).
///
/// It turns an error, a panic or a passed deadline into a response.
pub struct RouteFuture {
    state: State,
    deadline: Option<Deadline>,
    head: Arc<RequestHead>,
}

enum State {
    Handler(BoxFuture),
    /// The handler has returned, and the head waits for the first write or for another task.
    Waiting(Box<Waiting>),
    /// The router has responded without a handler. `None` once the response is taken.
    Done(Option<Box<Result<Response>>>),
}

/// A response whose head cannot be sent yet.
struct Waiting {
    response: Response,
    warned: bool,
}

impl Waiting {
    fn poll(&mut self, head: &RequestHead, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let polled = self.response.poll_resolve(cx)?;
        // No warning is due if the other task has responded already.
        if polled.is_pending() && self.response.is_pending() && !mem::replace(&mut self.warned, true) {
            log::resolved_without_response((&head.error_context()).into());
        }
        polled.map(Ok)
    }
}

impl RouteFuture {
    /// Creates the future of a handler or of a service.
    pub(super) fn new(future: BoxFuture, head: Arc<RequestHead>) -> Self {
        Self::from_state(State::Handler(future), head)
    }

    /// Creates the future of a response that is ready.
    pub(crate) fn ready(result: Result<http::Response<Body>>, head: Arc<RequestHead>) -> Self {
        Self::from_state(State::Done(Some(Box::new(result.map(Response::ready)))), head)
    }

    fn from_state(state: State, head: Arc<RequestHead>) -> Self {
        // A time that ends after the end of time has no end.
        let own = head.rules().max_duration.and_then(|time| Instant::now().checked_add(time));
        let deadline = match (own, head.end()) {
            (Some(own), Some(outer)) => Some(own.min(outer)),
            (own, outer) => own.or(outer),
        };
        Self { state, deadline: deadline.map(Deadline::at), head }
    }

    /// Polls until there is a response whose head can be sent.
    fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result> {
        match &mut self.state {
            State::Handler(future) => {
                let response = ready!(future.as_mut().poll(cx))?;
                if response.is_ready() {
                    return Poll::Ready(Ok(response));
                }
                let mut waiting = Waiting { response, warned: !self.head.rules().warns_if_late() };
                if waiting.poll(&self.head, cx)?.is_pending() {
                    self.state = State::Waiting(Box::new(waiting));
                    return Poll::Pending;
                }
                Poll::Ready(Ok(waiting.response))
            }
            State::Waiting(waiting) => {
                ready!(waiting.poll(&self.head, cx))?;
                Poll::Ready(Ok(waiting.response.take()))
            }
            State::Done(result) => {
                let Some(result) = result.take() else { unreachable!("polled after it was ready") };
                Poll::Ready(*result)
            }
        }
    }

    /// Returns the response if it is whole: if it lacks only its ETag, which is then computed at once.
    fn take_whole(&mut self) -> Option<Response> {
        let State::Waiting(waiting) = &mut self.state else { return None };
        waiting.response.finish_tag().then(|| waiting.response.take())
    }

    /// Finishes a response, or the response to an error: its reason phrase, length, bounds and extensions.
    fn finish(&mut self, response: &mut Response, meter: Option<Meter>) {
        let (has_length, response) = (response.has_length(), response.inner_mut());
        let deadline = self.take_deadline();
        let RequestHead { parts, context, .. } = &*self.head;
        reason::set(response);
        drop_body(&parts.method, !has_length, response);
        if has_length {
            correct_length(&parts.method, response);
        }
        bounds::guard(response, deadline, meter, &self.head);
        response.body_mut().observe(&self.head);
        if self.head.is_asked() {
            context.tell(response.extensions_mut(), self.head.is_service);
        }
    }

    /// Measures a response.
    ///
    /// # Errors
    ///
    /// Returns an error if its size is known to exceed an enforced limit.
    fn measure(&self, response: &mut Response) -> Result<Option<Meter>> {
        let Some(size) = self.head.response_limit() else { return Ok(None) };
        let limit = Limit { size, enforce: self.head.enforces_response_limit() };
        Ok(limit.measure(response.inner_mut(), self.head.is_asked(), &self.head)?)
    }

    /// Returns the deadline. If what stands inside replaces that of the route, it is that of an outer layer.
    fn take_deadline(&mut self) -> Option<Deadline> {
        let deadline = self.deadline.take()?;
        if !self.head.deadline_is_replaced() || Some(deadline.instant()) == self.head.end() {
            return Some(deadline);
        }
        self.head.end().map(Deadline::at)
    }

    fn poll_deadline(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadline = self.take_deadline();
        self.deadline.as_mut().map_or(Poll::Pending, |deadline| deadline.poll(cx))
    }

    /// Converts an error into a response. If a hook panics, the client gets a plain 500 and keeps its connection.
    fn error_response(&self, error: Error) -> http::Response<Body> {
        caught(|| self.report(error)).unwrap_or_else(|error| {
            log::internal_error(&error, (&self.head.error_context()).into());
            error.into_response()
        })
    }

    /// Passes an error to the hooks and the log, and returns its response.
    fn report(&self, error: Error) -> http::Response<Body> {
        let (context, hooks) = (self.head.error_context(), &self.head.context.settings.hooks);
        hooks.show(&error, &context);
        // `map_error` consumes the error, so its cause is formatted first. Neither a custom 500 nor an error that is worded
        // anew must lose it.
        let had_cause = error.source().is_some();
        let cause = hooks.are_set().then(|| format!("{error:?}"));
        let error = hooks.map(error, &context);
        let (status, has_cause) = (error.status(), error.source().is_some());
        match cause.filter(|_| !has_cause) {
            Some(cause) => log::route_failed(status, &format_args!("{cause}"), had_cause, (&context).into()),
            None => log::route_failed(status, &error, has_cause, (&context).into()),
        }
        error.into_response()
    }
}

impl Future for RouteFuture {
    type Output = Result<http::Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let result = match caught(|| this.poll_response(cx)) {
            Ok(Poll::Ready(result)) => result,
            Err(panic) => Err(panic),
            Ok(Poll::Pending) => {
                ready!(this.poll_deadline(cx));
                this.take_whole().ok_or_else(|| {
                    // What the handler holds is dropped before the response is sent. Its destructors may panic, too.
                    let held = mem::replace(&mut this.state, State::Done(None));
                    caught(|| drop(held)).err().unwrap_or_else(gateway_timeout)
                })
            }
        };
        let measured =
            result.and_then(|mut response| this.measure(&mut response).map(|meter| (response, meter)));
        let (mut response, meter) = measured.unwrap_or_else(|error| {
            let mut response = this.error_response(error);
            if this.head.is_asked() {
                ErrorResponse::mark(response.extensions_mut());
            }
            (Response::ready(response), None)
        });
        this.finish(&mut response, meter);
        Poll::Ready(Ok(response.into_inner()))
    }
}

impl fmt::Debug for RouteFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteFuture").finish_non_exhaustive()
    }
}
