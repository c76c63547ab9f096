//! Reads and parses the body of a request for a layer.

use super::content_type::ContentType;
use super::parsed_body::{ParsedBody, Source};
use super::{Read, parse};
use crate::body::Body;
use crate::context::ContextExtension;
use crate::error::Error;
use crate::log::{self, Subject};
use crate::routing::MatchedRoute;
use crate::size::SizeLimit;
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use std::mem;
use std::task::{Context, Poll, ready};

/// A request whose body is being read.
pub(super) struct Reading {
    /// `None` once the request is ready.
    parts: Option<Parts>,
    /// `None` if an outer parser has parsed the body, so that only this limit is left to check. An error is returned
    /// before the body is read.
    content_type: Result<Option<ContentType>, Error>,
    read: Read,
}

impl Reading {
    pub(super) fn start(request: Request<Body>, limit: SizeLimit) -> Self {
        let (parts, body) = request.into_parts();
        let read = Read::new(body, &parts.headers, limit).over(parts.version);
        let is_parsed = parts.extensions.get::<ParsedBody>().is_some();
        // As in Next.js, an unknown charset is rejected before the body is read.
        let content_type = if is_parsed { Ok(None) } else { ContentType::of(&parts.headers).map(Some) };
        Self { parts: Some(parts), content_type, read }
    }

    /// Polls for the request with its [`ParsedBody`] in the extensions. Its body can be read again: a middleware
    /// between two parsers may wrap it in a type of its own.
    ///
    /// It must not be polled again once it is ready.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Request<Body>, Error>> {
        let result = ready!(self.poll_parsed(cx));
        let Some(mut parts) = self.parts.take() else { unreachable!("polled after it was ready") };
        let (bytes, parsed) = match result {
            Ok(read) => read,
            Err(error) => {
                log_outside_routers(&error, &parts);
                return Poll::Ready(Err(error));
            }
        };
        if let Some((parsed, source)) = parsed {
            if let Some(source) = source {
                parts.extensions.insert(source);
            }
            parts.extensions.insert(parsed);
        }
        Poll::Ready(Ok(Request::from_parts(parts, bytes.into())))
    }

    fn poll_parsed(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Bytes, Option<Parsed>), Error>> {
        let bytes = match &self.content_type {
            Ok(_) => ready!(self.read.poll(cx))?,
            Err(_) => Bytes::new(),
        };
        let parsed = match mem::replace(&mut self.content_type, Ok(None))? {
            Some(content_type) => {
                let parsed = parse::parse(&bytes, content_type)?;
                let source = Source::of(&parsed, &bytes, content_type);
                Some((parsed, source))
            }
            None => None,
        };
        Poll::Ready(Ok((bytes, parsed)))
    }
}

type Parsed = (ParsedBody, Option<Source>);

/// Logs a refusal, unless there is a router around, which does so after its hooks.
fn log_outside_routers(error: &Error, parts: &Parts) {
    if parts.extensions.get::<ContextExtension>().is_none() {
        let route = parts.extensions.get().map(MatchedRoute::as_str);
        let subject = Subject { method: &parts.method, uri: &parts.uri, route };
        log::route_failed(error.status(), error, error.source().is_some(), subject);
    }
}
