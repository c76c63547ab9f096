//! Where a handler is called.

use super::answer::{Answer, BoxFuture, Handling};
use super::endpoint::{Binding, Endpoint, Unbound};
use super::input::Reading;
use super::{HandlerFuture, HandlerOutput};
#[cfg(feature = "draft")]
use crate::Error;
use crate::body::{Body, BoxError};
use crate::context::{Context, MatchedPath};
#[cfg(feature = "draft")]
use crate::draft::{Preview, PreviewCookies, clear_stale};
use crate::enclosing::Enclosing;
use crate::request::{Head, Needs};
use crate::rules::Rules;
use crate::{ApiRequest, ApiResponse, FromBody, Response, Result, RouteConfig};
use bytes::{Buf, Bytes};
use http::Extensions;
use pin_project_lite::pin_project;
#[cfg(feature = "draft")]
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{self, Poll, ready};

/// What a handler takes and gives, and does not hold.
type Types<B, T> = PhantomData<(fn(B), fn(&T))>;

/// A handler that has no place yet.
pub(super) struct Handler<F, B, T: ?Sized> {
    f: F,
    types: Types<B, T>,
}

impl<F, B, T: ?Sized> Handler<F, B, T> {
    pub(super) fn new(f: F) -> Self {
        Self { f, types: PhantomData }
    }
}

impl<F, R, B, T> Unbound for Handler<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Clone + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn bind(&self, binding: &Binding) -> Endpoint {
        let config = binding.merged();
        let context = binding.context(Rules::of_handler(&config, Enclosing::default()));
        let place = Place { context, config, needs: B::NEEDS };
        Endpoint::Handler(Arc::new(Leaf { f: self.f.clone(), place, types: PhantomData }))
    }

    fn contradicts(&self, config: &RouteConfig) -> bool {
        B::NEEDS == Needs::Typed && config.parser_is_off()
    }
}

struct Leaf<F, B, T: ?Sized> {
    f: F,
    place: Place,
    types: Types<B, T>,
}

impl<F, R, B, T> Leaf<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R,
    T: ?Sized,
{
    fn call(&self, call: Call, body: B, raw: Bytes) -> R {
        let response = ApiResponse::new(Arc::clone(&call.head));
        let request = ApiRequest::new(call.head, call.extensions, body, raw);
        #[cfg(feature = "draft")]
        let (request, response) = call.preview.hand_over(request, response);
        (self.f)(request, response)
    }
}

/// Where a handler stands, and what it asks for.
pub(crate) struct Place {
    context: Arc<Context>,
    config: RouteConfig,
    needs: Needs,
}

/// A handler whose types are not known any more.
pub(crate) trait Start: Send + Sync {
    fn place(&self) -> &Place;

    /// The future of the handler and, before it, of the body that it asks for.
    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture;
}

/// What a handler is called with but for the body.
pub(crate) struct Call {
    pub(super) head: Arc<Head>,
    pub(super) extensions: Extensions,
    #[cfg(feature = "draft")]
    pub(super) preview: Preview,
}

impl<F, R, B, T> Start for Leaf<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn place(&self) -> &Place {
        &self.place
    }

    fn start(self: Arc<Self>, call: Call, reading: Reading) -> BoxFuture {
        Box::pin(Running::Reading { reading, call: Some(call), leaf: self })
    }
}

pin_project! {
    /// A handler's future, in the place of what it is made from: one allocation serves both.
    #[project = Projected]
    enum Running<L, R> {
        // The handler is called when the answer is first polled, never before: task-locals and deadlines around the service
        // want that.
        Reading { reading: Reading, call: Option<Call>, leaf: Arc<L> },
        Handler { #[pin] future: R },
    }
}

impl<F, R, B, T> Handling for Running<Leaf<F, B, T>, R>
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
                Projected::Handler { future } => return future.poll_into(slot, cx),
                Projected::Reading { reading, call, leaf } => {
                    let (input, raw) = ready!(reading.poll(cx))?;
                    // It is there: the state changes as soon as it is taken.
                    let Some(call) = call.take() else { return Poll::Pending };
                    leaf.call(call, B::from_input(input, &raw)?, raw)
                }
            };
            self.set(Self::Handler { future });
        }
    }
}

/// The answer of a handler to a request: one function for all handlers.
pub(super) fn called<B>(handler: &Arc<dyn Start>, mut request: http::Request<B>, path: MatchedPath) -> Answer
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    let Place { context, config, needs } = handler.place();
    let mut extensions = mem::take(request.extensions_mut());
    let rules = Enclosing::of(&extensions).map(|enclosing| Box::new(Rules::of_handler(config, enclosing)));
    let (parts, body) = request.into_parts();
    let head = Arc::new(Head::new(parts, Arc::clone(context), path, rules));
    let size_limit = head.rules().size_limit(*needs);
    let reading = Reading::start(*needs, &head.parts.headers, &mut extensions, Body::new(body), size_limit);
    let call = Call {
        head: Arc::clone(&head),
        extensions,
        #[cfg(feature = "draft")]
        preview: Preview::Off,
    };
    #[cfg(feature = "draft")]
    if let Some(cookies) = PreviewCookies::of(&head) {
        return Answer::new(Box::pin(with_preview(Arc::clone(handler), call, cookies, reading)), head);
    }
    Answer::new(Arc::clone(handler).start(call, reading), head)
}

#[cfg(feature = "draft")]
async fn with_preview(
    handler: Arc<dyn Start>,
    mut call: Call,
    cookies: PreviewCookies,
    reading: Reading,
) -> Result {
    let (preview, stale) = Preview::of(&call.head, cookies).await?;
    call.preview = preview;
    let mut future = handler.start(call, reading);
    let mut slot = None;
    let answer = poll_fn(|cx| future.as_mut().poll_into(&mut slot, cx)).await;
    let answer = answer.and_then(|()| slot.ok_or_else(|| Error::internal("the handler gave no answer")));
    clear_stale(stale, answer)
}
