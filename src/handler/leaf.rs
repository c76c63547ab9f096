//! Where a handler is called.

use super::answer::{Answer, BoxFuture};
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
use crate::request::{Head, Input, Needs};
use crate::rules::Rules;
use crate::{ApiRequest, ApiResponse, FromBody, Result, RouteConfig};
use bytes::{Buf, Bytes};
use http::Extensions;
#[cfg(feature = "draft")]
use std::future::poll_fn;
use std::marker::PhantomData;
use std::mem;
use std::sync::Arc;

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

/// Where a handler stands, and what it asks for.
pub(crate) struct Place {
    context: Arc<Context>,
    config: RouteConfig,
    needs: Needs,
}

/// A handler whose types are not known any more.
pub(crate) trait Start: Send + Sync {
    fn place(&self) -> &Place;

    /// Calls the handler.
    fn start(&self, call: Call, input: Input, raw: Bytes) -> Result<BoxFuture>;
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
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Send + Sync,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized,
{
    fn place(&self) -> &Place {
        &self.place
    }

    fn start(&self, call: Call, input: Input, raw: Bytes) -> Result<BoxFuture> {
        let body = B::from_input(input, &raw)?;
        let response = ApiResponse::new(Arc::clone(&call.head));
        let request = ApiRequest::new(call.head, call.extensions, body, raw);
        #[cfg(feature = "draft")]
        let (request, response) = call.preview.hand_over(request, response);
        Ok(Box::pin((self.f)(request, response)))
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
    #[cfg(feature = "draft")]
    if let Some(cookies) = PreviewCookies::of(&head) {
        let call = Call { head: Arc::clone(&head), extensions, preview: Preview::Off };
        return Answer::new(Box::pin(with_preview(Arc::clone(handler), call, cookies, reading)), head);
    }
    Answer::of_handler(Arc::clone(handler), reading, extensions, head)
}

#[cfg(feature = "draft")]
async fn with_preview(
    handler: Arc<dyn Start>,
    mut call: Call,
    cookies: PreviewCookies,
    mut reading: Reading,
) -> Result {
    let (preview, stale) = Preview::of(&call.head, cookies).await?;
    call.preview = preview;
    let answer = async {
        let (input, raw) = poll_fn(|cx| reading.poll(cx)).await?;
        let mut future = handler.start(call, input, raw)?;
        let mut slot = None;
        poll_fn(|cx| future.as_mut().poll_into(&mut slot, cx)).await?;
        slot.ok_or_else(|| Error::internal("the handler gave no answer"))
    };
    clear_stale(stale, answer.await)
}
