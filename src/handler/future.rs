//! The future of a route: it runs the handler, applies its deadline, and handles its errors and its response.

use super::content_length::{correct_length, drop_body};
use crate::body::Body;
use crate::context::RequestHead;
use crate::error::{Error, caught};
use crate::max_duration::{self, Deadline};
use crate::response::{Response, Result, reason};
use crate::{log, response_limit};
use http::header::CONNECTION;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A running handler.
pub(crate) type BoxFuture = Pin<Box<dyn PollInto>>;

/// A future that writes its response into a slot. A response returned from `poll` would be copied at each level.
pub(crate) trait PollInto: Send {
    /// Polls the future. Once it returns `Ready(Ok(()))`, the slot is filled.
    fn poll_into(self: Pin<&mut Self>, slot: &mut Option<Response>, cx: &mut Context<'_>)
    -> Poll<Result<()>>;
}

impl<F: Future<Output = Result> + Send> PollInto for F {
    fn poll_into(
        self: Pin<&mut Self>,
        slot: &mut Option<Response>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        match self.poll(cx) {
            Poll::Ready(Ok(response)) => {
                *slot = Some(response);
                Poll::Ready(Ok(()))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}

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
        Self { state, deadline: head.resolved().max_duration.map(Deadline::after), head }
    }

    /// Polls until there is a response whose head can be sent, and fills the slot with it.
    fn poll_into(&mut self, slot: &mut Option<Response>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match &mut self.state {
            State::Handler(future) => {
                ready!(future.as_mut().poll_into(slot, cx))?;
                let Some(response) = slot.take_if(|response| !response.is_ready()) else {
                    return Poll::Ready(Ok(()));
                };
                let mut waiting = Waiting { response, warned: !self.head.resolved().warns_if_late };
                if waiting.poll(&self.head, cx)?.is_pending() {
                    self.state = State::Waiting(Box::new(waiting));
                    return Poll::Pending;
                }
                *slot = Some(waiting.response);
            }
            State::Waiting(waiting) => {
                ready!(waiting.poll(&self.head, cx))?;
                *slot = Some(waiting.response.take());
            }
            State::Done(result) => {
                let Some(result) = result.take() else { unreachable!("polled after it was ready") };
                *slot = Some((*result)?);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Finishes a response or error response: its limit, reason phrase, length, deadline and extensions.
    ///
    /// `measured` is true if it replaces a response over the limit, whose warning is logged already.
    fn finish(&mut self, response: &mut Response, measured: bool) {
        let (has_length, response) = (response.has_length(), response.inner_mut());
        let RequestHead { parts, context, .. } = &*self.head;
        let resolved = self.head.resolved();
        if measured {
            response_limit::set_warned(response.extensions_mut());
        } else if let Some(limit) = resolved.response_limit() {
            let enforce = resolved.enforces_response_limit;
            response_limit::measure(response, limit, enforce, resolved.nested_limit, &self.head);
        }
        reason::set(response);
        drop_body(&parts.method, response);
        if has_length {
            correct_length(&parts.method, response);
        }
        if let Some(deadline) = self.deadline.take().filter(|_| !resolved.deadline_is_overridden()) {
            max_duration::guard(response, deadline);
        }
        response.body_mut().observe(&self.head);
        context.record(response.extensions_mut(), self.head.is_service);
    }

    /// Returns the error of a response whose size is known to exceed an enforced limit.
    fn exceeded_limit(&self, response: Option<&mut Response>) -> Option<Error> {
        let resolved = self.head.resolved();
        let limit = resolved.response_limit().filter(|_| resolved.enforces_response_limit)?;
        response_limit::exceeded(response?.inner_mut(), limit, &self.head).map(Error::from)
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.poll(cx).is_ready())
            && self.deadline.take().is_some_and(|_| !self.head.resolved().deadline_is_overridden())
    }

    /// Converts an error into a response. If a hook panics, the client gets a plain 500 and keeps its connection.
    fn error_response(&self, error: Error) -> http::Response<Body> {
        caught(|| self.report(error)).unwrap_or_else(|error| {
            log::internal_error(&format!("{error:?}"), (&self.head.error_context()).into());
            error.into_response()
        })
    }

    /// Passes an error to the hooks and the log, and returns its response.
    fn report(&self, error: Error) -> http::Response<Body> {
        let (context, settings) = (self.head.error_context(), &self.head.context.settings);
        self.head.show(&error, &context);
        let connection = error.headers().get(CONNECTION).cloned();
        let layered = settings.map_error.as_ref().and_then(|_| error.layered_headers());
        // `map_error` consumes the error, so its cause is formatted first. A custom 500 must not lose it.
        let mut cause = error.source().map(|_| format!("{error:?}"));
        let error = match &settings.map_error {
            Some(map_error) => map_error(error, &context),
            None => error,
        };
        if error.source().is_some() {
            cause = Some(format!("{error:?}"));
        }
        if let Some(cause) = cause {
            log::route_failed(error.status(), &cause, (&context).into());
        }
        let mut response = error.into_response();
        if let Some(connection) = connection {
            // A 413 that leaves a body unread ends the connection, also if `map_error` has replaced it.
            response.headers_mut().insert(CONNECTION, connection);
        }
        if let Some(layered) = layered {
            let headers = response.headers_mut();
            for name in
                layered.keys().filter(|name| !headers.contains_key(*name)).cloned().collect::<Vec<_>>()
            {
                for value in layered.get_all(&name) {
                    headers.append(name.clone(), value.clone());
                }
            }
        }
        response
    }
}

impl Future for RouteFuture {
    type Output = Result<http::Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        // The response is finished in its slot, so that it is moved only once.
        let mut slot = None;
        let polled = caught(|| this.poll_into(&mut slot, cx));
        let mut measured = false;
        let error = match polled {
            Ok(Poll::Ready(Ok(()))) if slot.is_some() => {
                let error = this.exceeded_limit(slot.as_mut());
                measured = error.is_some();
                error
            }
            Ok(Poll::Ready(Err(error))) | Err(error) => Some(error),
            Ok(Poll::Pending | Poll::Ready(Ok(()))) => {
                if !this.is_over(cx) {
                    return Poll::Pending;
                }
                // What the handler holds is dropped before the response is sent. Its destructors may panic, too.
                let held = mem::replace(&mut this.state, State::Done(None));
                Some(caught(|| drop(held)).err().unwrap_or_else(max_duration::gateway_timeout))
            }
        };
        if let Some(error) = error {
            slot = Some(Response::ready(this.error_response(error)));
        }
        let Some(mut response) = slot else { unreachable!("the slot is filled where there is no error") };
        this.finish(&mut response, measured);
        Poll::Ready(Ok(response.into_inner()))
    }
}

impl fmt::Debug for RouteFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteFuture").finish_non_exhaustive()
    }
}
