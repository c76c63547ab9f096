//! Calls a handler with its request, response and body.

use super::endpoint::{Binding, Endpoint, IntoEndpoint};
use super::future::{BoxFuture, PollInto, RouteFuture};
#[cfg(feature = "draft")]
use super::preview;
use super::reading::Reading;
use super::{HandlerFuture, HandlerOutput};
use crate::body::{Body, BoxError};
use crate::body_parser::FromBody;
use crate::config::{Needs, Outer, Resolved, RouteConfig};
use crate::context::{RequestHead, RouteContext};
#[cfg(feature = "draft")]
use crate::draft::{Preview, PreviewCookies};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Response, Result};
use crate::routing::MatchedPath;
use bytes::{Buf, Bytes};
use http::Extensions;
use pin_project_lite::pin_project;
use std::marker::PhantomData;
use std::mem;
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
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Clone + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn bind(&self, binding: &Binding) -> Endpoint {
        let config = binding.merged();
        let context = binding.context(Resolved::for_handler(&config, Outer::default()));
        let setup = Setup { context, config, needs: B::NEEDS };
        Endpoint::Handler(Arc::new(Bound { f: self.f.clone(), setup, types: PhantomData }))
    }

    fn contradicts(&self, config: &RouteConfig) -> bool {
        B::NEEDS == Needs::Typed && config.parser_is_off()
    }
}

struct Bound<F, B, T: ?Sized> {
    f: F,
    setup: Setup,
    types: Types<B, T>,
}

impl<F, R, B, T> Bound<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R,
    T: ?Sized,
{
    fn call(&self, call: Call, body: B, raw: Bytes) -> R {
        let response = ApiResponse::new(Arc::clone(&call.head));
        let request = ApiRequest::new(call.head, call.extensions, body, raw);
        #[cfg(feature = "draft")]
        let (request, response) = preview::hand_over(call.preview, request, response);
        (self.f)(request, response)
    }
}

/// What is known of a handler before a request comes.
pub(crate) struct Setup {
    context: Arc<RouteContext>,
    config: RouteConfig,
    needs: Needs,
}

/// A handler behind a pointer: its types are erased.
pub(crate) trait BoundHandler: Send + Sync {
    fn setup(&self) -> &Setup;

    /// Returns a future that reads the body and then runs the handler.
    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture;
}

/// What a handler is called with, apart from the body.
pub(crate) struct Call {
    pub(super) head: Arc<RequestHead>,
    pub(super) extensions: Extensions,
    #[cfg(feature = "draft")]
    pub(super) preview: Preview,
}

impl<F, R, B, T> BoundHandler for Bound<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn setup(&self) -> &Setup {
        &self.setup
    }

    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture {
        Box::pin(Running::Reading { reading, call: Some(call), handler: self })
    }
}

pin_project! {
    /// Reads the body, then runs the handler, in one allocation.
    #[project = Projected]
    enum Running<H, R> {
        // The handler is called when the future is first polled, never before: task-locals and deadlines around the service
        // depend on it.
        Reading { reading: Reading, call: Option<Call>, handler: Arc<H> },
        Running { #[pin] future: R },
    }
}

impl<F, R, B, T> PollInto for Running<Bound<F, B, T>, R>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized,
{
    fn poll_into(
        mut self: Pin<&mut Self>,
        slot: &mut Option<Response>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<()>> {
        loop {
            let future = match self.as_mut().project() {
                Projected::Running { future } => return future.poll_into(slot, cx),
                Projected::Reading { reading, call, handler } => {
                    let (input, raw) = ready!(reading.poll(cx))?;
                    let Some(call) = call.take() else {
                        unreachable!("the state changes once the call is taken")
                    };
                    handler.call(call, B::from_input(input, &raw)?, raw)
                }
            };
            self.set(Self::Running { future });
        }
    }
}

/// Calls a handler: one function for the handlers of all types.
pub(super) fn call<B>(
    handler: &Arc<dyn BoundHandler>,
    mut request: http::Request<B>,
    path: MatchedPath,
) -> RouteFuture
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let Setup { context, config, needs } = handler.setup();
    let mut extensions = mem::take(request.extensions_mut());
    let resolved = Outer::of(&extensions).map(|outer| Box::new(Resolved::for_handler(config, outer)));
    let (parts, body) = request.into_parts();
    let head = Arc::new(RequestHead::new(parts, Arc::clone(context), path, resolved));
    let size_limit = head.resolved().size_limit(*needs);
    let reading = Reading::start(*needs, &head.parts, &mut extensions, Body::new(body), size_limit);
    let call = Call {
        head: Arc::clone(&head),
        extensions,
        #[cfg(feature = "draft")]
        preview: Preview::Off,
    };
    #[cfg(feature = "draft")]
    if let Some(props) = &context.settings.preview {
        if let Some(cookies) = PreviewCookies::of(&head.parts.headers) {
            let future =
                preview::call_with_preview(Arc::clone(handler), call, props.clone(), cookies, reading);
            return RouteFuture::new(Box::pin(future), head);
        }
    }
    RouteFuture::new(Arc::clone(handler).start(call, reading), head)
}
