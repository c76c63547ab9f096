//! An `async fn(req, res)` as a handler.

use super::binding::{Binding, IntoEndpoint};
use super::call::{Call, Setup, Start};
use super::endpoint::Endpoint;
use super::future::BoxFuture;
use super::handler_endpoint::HandlerEndpoint;
use super::output::{HandlerFuture, HandlerOutput};
use super::wrap::wrapped;
use crate::body_parser::{FromBody, Reading};
use crate::config::{Needs, RouteConfig};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use pin_project_lite::pin_project;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

/// The types in a handler's signature.
type Types<B, T> = PhantomData<(fn(B), fn(&T))>;

/// A handler that is not bound to a route yet.
pub(super) struct Handler<F, B, T: ?Sized> {
    f: F,
    types: Types<B, T>,
}

impl<F, B, T: ?Sized> Handler<F, B, T> {
    pub(super) fn new(f: F) -> Self {
        Self { f, types: PhantomData }
    }
}

impl<F, R, B, T> IntoEndpoint for Handler<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn bind(self: Arc<Self>, binding: &Binding) -> Arc<dyn Endpoint> {
        let setup = Setup::for_handler(binding, B::NEEDS);
        let endpoint = Arc::new(HandlerEndpoint { setup: setup.clone(), handler: self });
        wrapped(endpoint, &setup, &binding.wrappers)
    }

    fn contradicts(&self, config: &RouteConfig) -> bool {
        B::NEEDS == Needs::Typed && config.rules.parser_is_off()
    }
}

impl<F, R, B, T> Start for Handler<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture {
        Box::pin(Running::Reading { reading, call: Some(call), handler: self })
    }
}

pin_project! {
    /// Reads the body, then runs the handler, in one allocation.
    #[project = Projected]
    enum Running<H, R> {
        // The handler must not be called before the future is first polled: task-locals and deadlines of layers
        // around the service depend on it.
        Reading { reading: Reading, call: Option<Call>, handler: Arc<H> },
        Running { #[pin] future: R },
    }
}

impl<F, R, B, T> Future for Running<Handler<F, B, T>, R>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized,
{
    type Output = Result;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Result> {
        loop {
            let future = match self.as_mut().project() {
                Projected::Running { future } => return future.poll(cx),
                Projected::Reading { reading, call, handler } => {
                    let (body, raw) = B::from_read(ready!(reading.poll(cx)))?;
                    let Some(call) = call.take() else {
                        unreachable!("the state changes once the call is taken")
                    };
                    let (request, response) = call.into_arguments(body, raw);
                    (handler.f)(request, response.typed())
                }
            };
            self.set(Self::Running { future });
        }
    }
}
