//! Where a handler is called.

use super::answer::{Answer, Rules};
use super::endpoint::{Binding, Endpoint, Unbound};
use super::{HandlerFuture, HandlerOutput};
use crate::body::Body;
use crate::body_parser::{self, ContentType};
use crate::config::DEFAULT_SIZE_LIMIT;
use crate::context::{Context, MatchedPath};
#[cfg(feature = "draft")]
use crate::draft::{Preview, clear_stale};
use crate::enclosing::{Enclosing, Parser};
use crate::request::{Format, Head, Input, Needs};
use crate::{ApiRequest, ApiResponse, FromBody, ParsedBody, Result, RouteConfig, SizeLimit};
use bytes::Bytes;
use http::{Extensions, HeaderMap};
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
    fn bind(&self, binding: &Binding) -> Arc<dyn Endpoint> {
        let context = binding.context(binding.merged());
        Arc::new(Leaf { f: self.f.clone(), context, types: PhantomData })
    }

    fn contradicts(&self, config: &RouteConfig) -> bool {
        B::NEEDS == Needs::Typed && config.parser_is_off()
    }
}

struct Leaf<F, B, T: ?Sized> {
    f: F,
    context: Arc<Context>,
    types: Types<B, T>,
}

impl<F, R, B, T> Endpoint for Leaf<F, B, T>
where
    F: Fn(ApiRequest<B>, ApiResponse<T>) -> R + Clone + Send + Sync + 'static,
    R: HandlerFuture + HandlerOutput,
    B: FromBody,
    T: ?Sized + 'static,
{
    fn call(&self, request: http::Request<Body>, path: MatchedPath) -> Answer {
        let f = self.f.clone();
        let (mut parts, body) = request.into_parts();
        let mut extensions = mem::take(&mut parts.extensions);
        let (config, enclosing) = (&self.context.config, Enclosing::of(&extensions));
        let limit = limit(B::NEEDS, config, enclosing.body_parser);
        let etag = config.etag.or(enclosing.etag).unwrap_or(true);
        let rules = Rules::of_handler(config, enclosing);
        let answer_head = Head::new(parts, Arc::clone(&self.context), path);
        let head = Arc::clone(&answer_head);
        let future = Box::pin(async move {
            #[cfg(feature = "draft")]
            let (preview, stale) = Preview::of(&head.context, &head.parts.headers).await?;
            let answer = async move {
                let (input, raw) = input(B::NEEDS, &head.parts.headers, &mut extensions, body, limit).await?;
                let body = B::from_input(input)?;
                let response = ApiResponse::new(&head.parts.headers, etag, Arc::clone(&head.context));
                let request = ApiRequest::new(head, extensions, body, raw);
                #[cfg(feature = "draft")]
                let (request, response) = preview.hand_over(request, response);
                f(request, response).await
            }
            .await;
            #[cfg(feature = "draft")]
            let answer = clear_stale(stale, answer);
            answer
        });
        Answer::new(future, answer_head, rules)
    }
}

/// Reads as much of the body as the handler's type needs; also gives the raw bytes, if they were read.
async fn input(
    needs: Needs,
    headers: &HeaderMap,
    extensions: &mut Extensions,
    body: Body,
    limit: Option<SizeLimit>,
) -> Result<(Input, Bytes)> {
    if needs == Needs::Stream {
        return Ok((Input::Stream(body), Bytes::new()));
    }
    let Some(limit) = limit else { return Ok((Input::Off, Bytes::new())) };
    // A layer further out may have read and parsed the body: then it is in memory, and only the limit is left to keep.
    let parsed = extensions.remove::<ParsedBody>();
    if needs == Needs::Bytes {
        let raw = body_parser::read(body, headers, limit).await?;
        return Ok((Input::Bytes(raw.clone()), raw));
    }
    if let Some(parsed) = parsed {
        return Ok((Input::Parsed(parsed), body_parser::read(body, headers, limit).await?));
    }
    // As in Next.js, an unknown charset is refused before the body is read.
    let content_type = ContentType::of(headers)?;
    let raw = body_parser::read(body, headers, limit).await?;
    Ok((Input::Read(raw.clone(), Format(content_type)), raw))
}

/// The handler's own configuration first, then what stands around it, then the built-in default. None: the parser is off.
fn limit(needs: Needs, config: &RouteConfig, enclosing: Option<Parser>) -> Option<SizeLimit> {
    let limit = config.size_limit.or(enclosing.and_then(Parser::limit)).unwrap_or(DEFAULT_SIZE_LIMIT);
    match config.parser().or(enclosing) {
        // Bytes are asked for by the type: the parser's switch is about parsing.
        Some(Parser::Off) if needs != Needs::Bytes => None,
        _ => Some(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_decides_whether_and_how_much_is_read() {
        let config = RouteConfig::new;
        let (small, large) = (SizeLimit::new("1kb"), SizeLimit::new("2mb"));
        let cases = [
            (config(), None, Some("1mb"), Some("1mb")),
            (config(), Some(Parser::Off), None, Some("1mb")),
            (config(), Some(Parser::On(Some(large))), Some("2mb"), Some("2mb")),
            (config(), Some(Parser::On(None)), Some("1mb"), Some("1mb")),
            (config().body_parser(true), None, Some("1mb"), Some("1mb")),
            (config().body_parser(true), Some(Parser::Off), Some("1mb"), Some("1mb")),
            (config().body_parser(true), Some(Parser::On(Some(large))), Some("2mb"), Some("2mb")),
            (config().body_parser(false), Some(Parser::On(Some(large))), None, Some("2mb")),
            (config().size_limit_bytes(small), Some(Parser::Off), Some("1kb"), Some("1kb")),
            (config().size_limit_bytes(small), Some(Parser::On(Some(large))), Some("1kb"), Some("1kb")),
            (config().size_limit_bytes(small).body_parser(false), None, None, Some("1kb")),
        ];
        for (config, enclosing, value, bytes) in cases {
            let text = |needs| limit(needs, &config, enclosing).map(|limit| limit.to_string());
            assert_eq!(text(Needs::Value).as_deref(), value, "{config:?} inside {enclosing:?}");
            assert_eq!(text(Needs::Bytes).as_deref(), bytes, "the bytes of {config:?} inside {enclosing:?}");
        }
    }
}
