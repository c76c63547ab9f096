//! The future of an answer: the handler, its deadline, its errors, and what every answer goes through.

use crate::body::Body;
use crate::config::DEFAULT_RESPONSE_LIMIT;
use crate::enclosing::{Enclosing, Overruled};
use crate::max_duration::Deadline;
use crate::request::Head;
use crate::{Error, Response, Result, RouteConfig, SizeLimit, log, max_duration, response_limit};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Method, StatusCode};
use http_body::Body as _;
use std::any::Any;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

pub(super) type BoxFuture = Pin<Box<dyn Future<Output = Result> + Send>>;

/// Answers in the end, whatever happens: an error, a panic and a deadline become answers here.
pub(crate) struct Answer {
    state: State,
    rules: Rules,
    head: Arc<Head>,
}

/// What an answer is held to.
#[derive(Default)]
pub(super) struct Rules {
    deadline: Option<Deadline>,
    limit: Option<SizeLimit>,
    /// A layer further out measures too.
    nested_limit: bool,
    /// An answer that comes later is worth a warning.
    warns_if_late: bool,
    /// What a service inside has set aside of these.
    overruled: Option<Arc<Overruled>>,
}

impl Rules {
    /// The handler's configuration, and the built-in defaults where nobody around it has spoken.
    pub(super) fn of_handler(config: &RouteConfig, mut enclosing: Enclosing) -> Self {
        let limit = match config.response_limit {
            Some(limit) => limit,
            None if enclosing.response_limit => None,
            None => Some(DEFAULT_RESPONSE_LIMIT),
        };
        let nested_limit = enclosing.response_limit;
        if config.max_duration.is_some() {
            enclosing.overrule_deadline();
        }
        if config.response_limit.is_some() {
            enclosing.overrule_response_limit();
        }
        Self {
            deadline: config.max_duration.map(Deadline::after),
            limit,
            nested_limit,
            warns_if_late: !config.external_resolver.or(enclosing.external_resolver).unwrap_or(false),
            overruled: None,
        }
    }

    /// A router's configuration for a foreign service, as far as it says something.
    pub(super) fn of_service(config: &RouteConfig, overruled: Option<Arc<Overruled>>) -> Self {
        Self {
            deadline: config.max_duration.map(Deadline::after),
            limit: config.response_limit.flatten(),
            nested_limit: true,
            warns_if_late: false,
            overruled,
        }
    }

    fn limit(&self) -> Option<SizeLimit> {
        let overruled = self.overruled.as_ref().is_some_and(|overruled| overruled.response_limit());
        self.limit.filter(|_| !overruled)
    }

    fn take_deadline(&mut self) -> Option<Deadline> {
        let overruled = self.overruled.as_ref().is_some_and(|overruled| overruled.deadline());
        self.deadline.take().filter(|_| !overruled)
    }

    fn is_over(&mut self, cx: &mut Context<'_>) -> bool {
        self.deadline.as_mut().is_some_and(|deadline| deadline.poll(cx).is_ready())
            && self.take_deadline().is_some()
    }
}

enum State {
    Handler(BoxFuture),
    /// The handler has returned: the head waits for a first write, or for another task.
    Sent(Response),
    /// The route has answered without a handler.
    Done(Option<Box<Result<http::Response<Body>>>>),
}

impl Answer {
    /// The answer of a handler or of a foreign service.
    pub(super) fn new(future: BoxFuture, head: Arc<Head>, rules: Rules) -> Self {
        Self { state: State::Handler(future), rules, head }
    }

    /// An answer that is there already.
    pub(crate) fn ready(answer: Result<http::Response<Body>>, head: Arc<Head>) -> Self {
        Self { state: State::Done(Some(Box::new(answer))), rules: Rules::default(), head }
    }

    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<Result<http::Response<Body>>> {
        loop {
            match &mut self.state {
                State::Handler(future) => {
                    let polled = caught(|| Ok(future.as_mut().poll(cx)))
                        .unwrap_or_else(|error| Poll::Ready(Err(error)));
                    let Poll::Ready(result) = polled else { return Poll::Pending };
                    // An answer that is there already goes its way without a stop in the state.
                    match result.map(Response::into_ready) {
                        Ok(Ok(response)) => return Poll::Ready(Ok(response)),
                        Ok(Err(response)) => self.state = State::Sent(response),
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                }
                State::Sent(response) => {
                    let answer = response.poll_resolve(cx);
                    // A task that was quick enough has answered in time.
                    if self.rules.warns_if_late && answer.is_pending() && response.is_late() {
                        self.rules.warns_if_late = false;
                        log::resolved_without_answer(&self.head.error_context());
                    }
                    return answer;
                }
                State::Done(answer) => {
                    return match answer.take() {
                        Some(answer) => Poll::Ready(*answer),
                        None => Poll::Pending,
                    };
                }
            }
        }
    }

    /// What every answer goes through, good or bad.
    fn finish(&mut self, answer: Result<http::Response<Body>>) -> http::Response<Body> {
        let mut response = answer.unwrap_or_else(|error| self.error_response(error));
        if let Some(limit) = self.rules.limit() {
            response_limit::measure(
                &mut response,
                limit,
                self.rules.nested_limit,
                self.head.context.route.as_ref().map(|route| &route.name),
            );
        }
        drop_body_where_none_belongs(&self.head.parts.method, &mut response);
        tell_the_true_length(&self.head.parts.method, &mut response);
        if let Some(deadline) = self.rules.take_deadline() {
            response = max_duration::guard(response, deadline);
        }
        if let Some(route) = &self.head.context.route {
            response.extensions_mut().insert(route.name.clone());
        }
        response
    }

    /// A panic in what the user has registered for errors costs the answer's details, not the connection.
    fn error_response(&self, error: Error) -> http::Response<Body> {
        caught(|| Ok(self.explained(error))).unwrap_or_else(|error| {
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
        if let Poll::Ready(answer) = self.poll_answer(cx) {
            return Poll::Ready(self.finish(answer));
        }
        if self.rules.is_over(cx) {
            // What the handler holds is given back before the client hears of it, whatever that does.
            let held = mem::replace(&mut self.state, State::Done(None));
            let dropped = caught(|| {
                drop(held);
                Ok(())
            });
            return Poll::Ready(self.finish(dropped.and_then(|()| Err(max_duration::gateway_timeout()))));
        }
        Poll::Pending
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
fn caught<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(&*panic)))
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
