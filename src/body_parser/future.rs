use super::from_body::{BodyFormat, Input};
use super::parse;
use super::parsed_body::{ParsedBody, Source};
use super::reading::Reading;
use super::stream_limit::StreamLimit;
use crate::body::{Body, LayeredBody};
use crate::config::{Needs, Outer, Rules};
use crate::context::ContextExtension;
use crate::error::{Error, ErrorResponse};
use crate::log::{self, Subject};
use crate::routing::MatchedRoute;
use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The future of a [`BodyParser`](super::BodyParser).
    pub struct ResponseFuture<S: Service<Request<Body>>> {
        #[pin]
        state: State<S, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F> {
        Reading { parsing: Box<Parsing>, service: S },
        Calling { #[pin] future: F },
        Limited { #[pin] future: F, limit: StreamLimit },
        Refused { error: Option<Error> },
    }
}

impl<S: Service<Request<Body>> + Clone> ResponseFuture<S> {
    /// Calls a service that is ready. If the settings of a layer concern the body, and the parser is on, that is after the
    /// body has been read and parsed. Otherwise the layer's own limit for streams applies to the body.
    ///
    /// The settings of the layer have been passed on already.
    pub(crate) fn start(service: &mut S, request: Request<Body>, own: &Rules) -> Self {
        if own.concern_the_body() {
            let reads = |outer: &&Outer| !outer.rules.parser_is_off();
            if let Some(rules) = Outer::of(request.extensions()).filter(reads).map(|outer| outer.rules) {
                // The future takes the service that was polled ready, and leaves a clone.
                let fresh = service.clone();
                let service = mem::replace(service, fresh);
                return Self {
                    state: State::Reading { parsing: Box::new(Parsing::start(request, &rules)), service },
                };
            }
        }
        let Some(limit) = own.stream_limit else {
            return Self { state: State::Calling { future: service.call(request) } };
        };
        let (parts, body) = request.into_parts();
        match StreamLimit::apply(body, &parts.headers, parts.version, limit) {
            Ok((body, limit)) => {
                let future = service.call(Request::from_parts(parts, body));
                Self { state: State::Limited { future, limit } }
            }
            Err(error) => {
                log_outside_routers(&error, &parts);
                Self { state: State::Refused { error: Some(error) } }
            }
        }
    }
}

impl<S, ResBody> Future for ResponseFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Output = Result<Response<LayeredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let future = match state.as_mut().project() {
                StateProj::Calling { future } => {
                    return future.poll(cx).map_ok(|response| response.map(LayeredBody::inner));
                }
                StateProj::Limited { future, limit } => {
                    let result = ready!(future.poll(cx));
                    // What the service makes of a body that is cut off is not for the client.
                    return Poll::Ready(match limit.exceeded() {
                        Some(error) => Ok(refuse(error)),
                        None => result.map(|response| response.map(LayeredBody::inner)),
                    });
                }
                StateProj::Refused { error } => {
                    let Some(error) = error.take() else { unreachable!("polled after it was ready") };
                    return Poll::Ready(Ok(refuse(error)));
                }
                StateProj::Reading { parsing, service } => match ready!(parsing.poll(cx)) {
                    Ok(request) => service.call(request),
                    Err(error) => return Poll::Ready(Ok(refuse(error))),
                },
            };
            state.set(State::Calling { future });
        }
    }
}

fn refuse<B>(error: Error) -> Response<LayeredBody<B>> {
    ErrorResponse::respond(error).map(LayeredBody::own)
}

/// A request whose body is read and parsed for a layer.
struct Parsing {
    /// `None` once it is taken.
    parts: Option<Parts>,
    reading: Reading,
}

impl Parsing {
    fn start(request: Request<Body>, rules: &Rules) -> Self {
        let (mut parts, body) = request.into_parts();
        // If an outer parser has parsed the body, only this limit is left to check.
        let is_parsed = parts.extensions.get::<ParsedBody>().is_some();
        let needs = if is_parsed { Needs::Bytes } else { Needs::Value };
        let mut extensions = mem::take(&mut parts.extensions);
        let reading = Reading::start(needs, &parts, &mut extensions, body, rules);
        parts.extensions = extensions;
        Self { parts: Some(parts), reading }
    }

    /// Polls for the request with its [`ParsedBody`] in the extensions. Its body can be read again: a middleware between
    /// two parsers may wrap it in a type of its own.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Request<Body>, Error>> {
        let read = ready!(self.reading.poll(cx));
        let Some(mut parts) = self.parts.take() else { unreachable!("polled after it was ready") };
        let parsed = read.and_then(|(input, bytes)| match input {
            Input::Read(BodyFormat(content_type)) => {
                let parsed = parse::parse(&bytes, content_type)?;
                let source = Source::of(&parsed, &bytes, content_type);
                Ok((bytes, Some((parsed, source))))
            }
            _ => Ok((bytes, None)),
        });
        Poll::Ready(match parsed {
            Ok((bytes, parsed)) => {
                if let Some((parsed, source)) = parsed {
                    if let Some(source) = source {
                        parts.extensions.insert(source);
                    }
                    parts.extensions.insert(parsed);
                }
                Ok(Request::from_parts(parts, bytes.into()))
            }
            Err(error) => {
                log_outside_routers(&error, &parts);
                Err(error)
            }
        })
    }
}

/// Logs a refusal, unless there is a router around, which does so after its hooks.
fn log_outside_routers(error: &Error, parts: &Parts) {
    if parts.extensions.get::<ContextExtension>().is_none() {
        let route = parts.extensions.get().map(MatchedRoute::as_str);
        let subject = Subject { method: &parts.method, uri: &parts.uri, route };
        log::route_failed(error.status(), error, error.source().is_some(), subject);
    }
}

impl<S: Service<Request<Body>>> std::fmt::Debug for ResponseFuture<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
