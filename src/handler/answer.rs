//! The future of an answer: the handler, its deadline, its errors, and what every answer goes through.

use crate::body::Body;
use crate::max_duration::Deadline;
use crate::request::Head;
use crate::{Error, Response, Result, log, max_duration, response_limit};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode};
use http_body::Body as _;
use std::any::Any;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A handler on its way.
pub(crate) type BoxFuture = Pin<Box<dyn Handling>>;

/// A future that puts its answer where it is wanted: as what `poll` gives it would be copied five times, 150 instructions.
pub(crate) trait Handling: Send {
    /// Once it is ready, the slot is filled.
    fn poll_into(self: Pin<&mut Self>, slot: &mut Option<Response>, cx: &mut Context<'_>)
    -> Poll<Result<()>>;
}

impl<F: Future<Output = Result> + Send> Handling for F {
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

/// Answers in the end, whatever happens: an error, a panic and a deadline become answers here.
pub(crate) struct Answer {
    state: State,
    deadline: Option<Deadline>,
    head: Arc<Head>,
}

enum State {
    Handler(BoxFuture),
    /// The handler has returned: the head waits for a first write, or for another task.
    Sent(Box<Sent>),
    /// The route has answered without a handler. None once that was told.
    Done(Option<Box<Result<Response>>>),
}

struct Sent {
    response: Response,
    warned: bool,
}

impl Sent {
    fn poll(&mut self, head: &Head, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let polled = self.response.poll_resolve(cx)?;
        // A task that was quick enough has answered in time.
        if polled.is_pending() && self.response.is_late() && !mem::replace(&mut self.warned, true) {
            log::resolved_without_answer(&head.error_context());
        }
        polled.map(Ok)
    }
}

impl Answer {
    /// The answer of a handler, or of a foreign service.
    pub(super) fn new(future: BoxFuture, head: Arc<Head>) -> Self {
        Self::from_state(State::Handler(future), head)
    }

    /// An answer that is there already.
    pub(crate) fn ready(answer: Result<http::Response<Body>>, head: Arc<Head>) -> Self {
        Self::from_state(State::Done(Some(Box::new(answer.map(Response::ready)))), head)
    }

    fn from_state(state: State, head: Arc<Head>) -> Self {
        Self { state, deadline: head.rules().max_duration.map(Deadline::after), head }
    }

    /// Goes on until there is an answer whose head can go out; then the slot is filled.
    fn poll_into(&mut self, slot: &mut Option<Response>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match &mut self.state {
            State::Handler(future) => {
                ready!(future.as_mut().poll_into(slot, cx))?;
                let Some(response) = slot.take_if(|response| !response.is_ready()) else {
                    return Poll::Ready(Ok(()));
                };
                let mut sent = Sent { response, warned: !self.head.rules().warns_if_late };
                if sent.poll(&self.head, cx)?.is_pending() {
                    self.state = State::Sent(Box::new(sent));
                    return Poll::Pending;
                }
                *slot = Some(sent.response);
            }
            State::Sent(sent) => {
                ready!(sent.poll(&self.head, cx))?;
                *slot = Some(sent.response.take());
            }
            State::Done(answer) => {
                let Some(answer) = answer.take() else { return Poll::Pending };
                *slot = Some((*answer)?);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// What every answer goes through, good or bad.
    fn finish(&mut self, answer: &mut Response) {
        let (has_length, response) = (answer.has_length(), answer.inner_mut());
        let Head { parts, context, .. } = &*self.head;
        let rules = self.head.rules();
        if let Some(limit) = rules.response_limit() {
            let route = context.route.as_ref().map(|route| &route.name);
            response_limit::measure(response, limit, rules.nested_limit, route);
        }
        drop_body_where_none_belongs(&parts.method, response);
        if has_length {
            tell_the_true_length(&parts.method, response);
        }
        if let Some(deadline) = self.deadline.take().filter(|_| !rules.deadline_is_overruled()) {
            max_duration::guard(response, deadline);
        }
        context.record(response.extensions_mut());
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.poll(cx).is_ready())
            && self.deadline.take().is_some_and(|_| !self.head.rules().deadline_is_overruled())
    }

    /// A panic in what the user has registered for errors costs the answer's details, not the connection.
    fn error_response(&self, error: Error) -> http::Response<Body> {
        caught(|| self.explained(error)).unwrap_or_else(|error| {
            log::internal_error(&format!("{error:?}"), &self.head.error_context());
            error.into_response()
        })
    }

    fn explained(&self, error: Error) -> http::Response<Body> {
        let (context, settings) = (self.head.error_context(), &self.head.context.settings);
        if let Some(on_error) = &settings.on_error {
            on_error(&error, &context);
        }
        // `map_error` takes the error. A 500 of the user's own make, in JSON say, is no reason to lose its cause.
        let mut cause = error.source().map(|_| format!("{error:?}"));
        let error = match &settings.map_error {
            Some(map_error) => map_error(error, &context),
            None => error,
        };
        if error.source().is_some() {
            cause = Some(format!("{error:?}"));
        }
        if let Some(cause) = cause.filter(|_| error.status().is_server_error()) {
            log::internal_error(&cause, &context);
        }
        error.into_response()
    }
}

impl Future for Answer {
    type Output = http::Response<Body>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<http::Response<Body>> {
        let this = &mut *self;
        // The answer is finished where it was put: every move of it is 30 instructions.
        let mut slot = None;
        let polled = caught(|| this.poll_into(&mut slot, cx));
        let error = match polled {
            Ok(Poll::Ready(Ok(()))) if slot.is_some() => None,
            Ok(Poll::Ready(Err(error))) | Err(error) => Some(error),
            Ok(Poll::Pending | Poll::Ready(Ok(()))) => {
                if !this.is_over(cx) {
                    return Poll::Pending;
                }
                // What the handler holds is given back before the client hears of it, whatever that does.
                let held = mem::replace(&mut this.state, State::Done(None));
                Some(caught(|| drop(held)).err().unwrap_or_else(max_duration::gateway_timeout))
            }
        };
        if let Some(error) = error {
            slot = Some(Response::ready(this.error_response(error)));
        }
        let Some(answer) = &mut slot else { return Poll::Pending };
        this.finish(answer);
        slot.map_or(Poll::Pending, |answer| Poll::Ready(answer.into_inner()))
    }
}

/// HEAD, 204 and 304 have no body; dropping it drops a stream's writer. HEAD still tells the length.
fn drop_body_where_none_belongs(method: &Method, response: &mut http::Response<Body>) {
    let bodiless = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if bodiless || *method == Method::HEAD {
        let body = std::mem::take(response.body_mut());
        if let Some(length) = body.size_hint().exact().filter(|_| !bodiless) {
            response.headers_mut().entry(CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
        }
    }
}

/// A `Content-Length` that is not the body's goes: a server trusts it, and the client would take the rest of this message
/// for the next one, or wait for what never comes. That of a stream is kept, if it is a number: the server counts along.
fn tell_the_true_length(method: &Method, response: &mut http::Response<Body>) {
    let Some(told) = response.headers().get(CONTENT_LENGTH) else { return };
    let digits = told.as_bytes();
    let is_number = !digits.is_empty() && digits.len() < 20 && digits.iter().all(u8::is_ascii_digit);
    let is_list = response.headers().get_all(CONTENT_LENGTH).iter().nth(1).is_some();
    // To HEAD and in a 304 it is the length that a GET would have.
    let of_another = *method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    let good = is_number
        && !is_list
        && !response.headers().contains_key(TRANSFER_ENCODING)
        && match response.body().size_hint().exact() {
            Some(length) if !of_another => *told == HeaderValue::from(length),
            _ => true,
        };
    if !good {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
}

/// Runs the user's code; a panic there is an error.
fn caught<T>(run: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| panicked(&*panic))
}

/// A panic as an error; its message goes to the log.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not text");
    Error::internal(format!("the handler panicked: {message}"))
}
