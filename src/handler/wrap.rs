//! Wraps handlers in functions.

use super::call::{BoundHandler, Call, Setup};
use super::endpoint::{Binding, Endpoint};
use super::future::{BoxFuture, PollInto};
use super::next::Next;
use super::reading::Reading;
use super::{HandlerFuture, HandlerOutput};
use crate::body::Body;
use crate::body_parser::{FromBody as _, Input};
use crate::config::{Needs, Resolved};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Response, Result};
use bytes::Bytes;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A function that wraps a handler, with its types erased.
pub(super) trait Wrapper: Send + Sync {
    fn call(&self, req: ApiRequest<Body>, res: ApiResponse, next: Next) -> BoxFuture;
}

impl<F, Fut> Wrapper for F
where
    F: Fn(ApiRequest<Body>, ApiResponse, Next) -> Fut + Send + Sync,
    Fut: HandlerFuture + HandlerOutput,
{
    fn call(&self, req: ApiRequest<Body>, res: ApiResponse, next: Next) -> BoxFuture {
        Box::pin(self(req, res, next))
    }
}

/// Wraps an endpoint in a function. Of several methods, each is wrapped.
pub(super) fn wrapped(endpoint: Endpoint, wrapper: &Arc<dyn Wrapper>, binding: &Binding) -> Endpoint {
    match endpoint {
        Endpoint::Handler(handler) => {
            // Both run in one future, so that the deadline of the handler includes its wrapper.
            let setup = handler.setup().with_needs(Needs::Stream);
            let next = move || Next::handler(Arc::clone(&handler));
            Endpoint::Handler(Arc::new(Wrapped { wrapper: Arc::clone(wrapper), setup, next }))
        }
        Endpoint::Methods(methods) => {
            Endpoint::Methods(Arc::new(methods.map(|endpoint| wrapped(endpoint, wrapper, binding))))
        }
        Endpoint::Service(_) => {
            let setup = Setup::for_service(binding.context(Resolved::default()), Needs::Stream);
            let next = move || Next::endpoint(endpoint.clone());
            Endpoint::Handler(Arc::new(Wrapped { wrapper: Arc::clone(wrapper), setup, next }))
        }
    }
}

struct Wrapped<N> {
    wrapper: Arc<dyn Wrapper>,
    setup: Setup,
    next: N,
}

impl<N: Fn() -> Next + Send + Sync + 'static> BoundHandler for Wrapped<N> {
    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture {
        Box::pin(Running { state: State::Reading(Some(Box::new((reading, call)))), wrapped: self })
    }
}

/// Calls the wrapper when the future is first polled, like a handler.
struct Running<N> {
    state: State,
    wrapped: Arc<Wrapped<N>>,
}

enum State {
    Reading(Option<Box<(Reading, Call)>>),
    Wrapper(BoxFuture),
}

impl<N: Fn() -> Next + Send + Sync> PollInto for Running<N> {
    fn poll_into(
        mut self: Pin<&mut Self>,
        slot: &mut Option<Response>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        if let State::Reading(reading) = &mut self.state {
            let Some(taken) = reading.take() else {
                unreachable!("the state changes once the call is taken")
            };
            let (mut reading, call) = *taken;
            // The body is passed on as a stream, so this is ready at once.
            let (input, raw): (Input, Bytes) = ready!(reading.poll(cx))?;
            let (req, res) = call.into_arguments(Body::from_input(input, &raw)?, raw);
            self.state = State::Wrapper(self.wrapped.wrapper.call(req, res, (self.wrapped.next)()));
        }
        match &mut self.state {
            State::Wrapper(future) => future.as_mut().poll_into(slot, cx),
            State::Reading(_) => unreachable!("the wrapper is called above"),
        }
    }
}
