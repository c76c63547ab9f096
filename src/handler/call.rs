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
        let setup = Setup::for_handler(binding, B::NEEDS);
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
        let (request, response) = call.into_arguments(body, raw);
        (self.f)(request, response.typed())
    }
}

/// The part of a handler's call that does not depend on the request.
#[derive(Clone)]
pub(crate) struct Setup {
    context: Arc<RouteContext>,
    /// `None` for a function around a service, whose settings do not depend on outer layers.
    config: Option<RouteConfig>,
    pub(super) needs: Needs,
}

impl Setup {
    /// Creates the setup of a handler.
    pub(super) fn for_handler(binding: &Binding, needs: Needs) -> Self {
        let config = binding.merged();
        let context = binding.context(Resolved::for_handler(&config, Outer::default()));
        Self { context, config: Some(config), needs }
    }

    /// Creates the setup of a function around a service.
    pub(super) fn for_service(context: Arc<RouteContext>, needs: Needs) -> Self {
        Self { context, config: None, needs }
    }

    /// Returns the setup of a function that wraps this handler.
    pub(super) fn with_needs(&self, needs: Needs) -> Self {
        Self { needs, ..self.clone() }
    }

    /// Resolves the settings again if an outer layer has set something for this request.
    fn resolve(&self, extensions: &Extensions) -> Option<Box<Resolved>> {
        let (config, outer) = (self.config.as_ref()?, Outer::of(extensions)?);
        if let Some(route) = &self.context.route {
            outer.record_route(&route.name);
        }
        Some(Box::new(Resolved::for_handler(config, outer)))
    }
}

/// A handler whose types are erased.
pub(crate) trait BoundHandler: Send + Sync {
    fn setup(&self) -> &Setup;

    /// Returns a future that reads the body and then runs the handler.
    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture;
}

/// The arguments of a handler's call, apart from the body.
pub(crate) struct Call {
    pub(super) head: Arc<RequestHead>,
    pub(super) extensions: Extensions,
    /// The response that a wrapper has passed on.
    pub(super) response: Option<Box<ApiResponse>>,
    #[cfg(feature = "draft")]
    pub(super) preview: Preview,
}

impl Call {
    /// Splits a request, and starts to read its body.
    pub(super) fn begin<B>(setup: &Setup, mut request: http::Request<B>, path: MatchedPath) -> (Self, Reading)
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let Setup { context, needs, .. } = setup;
        let mut extensions = mem::take(request.extensions_mut());
        let resolved = setup.resolve(&extensions);
        let (parts, body) = request.into_parts();
        let head = Arc::new(RequestHead::new(parts, Arc::clone(context), path, resolved));
        let size_limit = head.resolved().size_limit(*needs);
        let reading = Reading::start(*needs, &head.parts, &mut extensions, Body::new(body), size_limit);
        let call = Self {
            head,
            extensions,
            response: None,
            #[cfg(feature = "draft")]
            preview: Preview::Off,
        };
        (call, reading)
    }

    /// Returns the arguments of a handler.
    pub(super) fn into_arguments<B>(self, body: B, raw: Bytes) -> (ApiRequest<B>, ApiResponse) {
        let response = self.response.map(|response| *response);
        let response = response.unwrap_or_else(|| ApiResponse::new(Arc::clone(&self.head)));
        let request = ApiRequest::new(self.head, self.extensions, body, raw);
        #[cfg(feature = "draft")]
        let (request, response) = preview::hand_over(self.preview, request, response);
        (request, response)
    }

    /// Continues with the arguments that a wrapper passes on. `read` starts to read their body.
    pub(super) fn resume<R>(
        request: ApiRequest<Body>,
        response: ApiResponse,
        read: impl FnOnce(&RequestHead, &mut Extensions, Body) -> R,
    ) -> (Self, R) {
        #[cfg(feature = "draft")]
        let preview = request.draft_preview().clone();
        let (head, mut extensions, body) = request.into_raw_parts();
        let read = read(&head, &mut extensions, body);
        let call = Self {
            head,
            extensions,
            response: Some(Box::new(response)),
            #[cfg(feature = "draft")]
            preview,
        };
        (call, read)
    }
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
        // The handler must not be called before the future is first polled: task-locals and deadlines of layers
        // around the service depend on it.
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

/// Calls a handler. It is not generic over the handler, so that it is compiled once.
pub(super) fn call<B>(
    handler: &Arc<dyn BoundHandler>,
    request: http::Request<B>,
    path: MatchedPath,
) -> RouteFuture
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let (call, reading) = Call::begin(handler.setup(), request, path);
    let head = Arc::clone(&call.head);
    #[cfg(feature = "draft")]
    if let Some(props) = &head.context.settings.preview {
        if let Some(cookies) = PreviewCookies::of(&head.parts.headers) {
            let future =
                preview::call_with_preview(Arc::clone(handler), call, props.clone(), cookies, reading);
            return RouteFuture::new(Box::pin(future), head);
        }
    }
    RouteFuture::new(Arc::clone(handler).start(call, reading), head)
}
