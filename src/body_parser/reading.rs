//! Reads and parses the body of a request for a layer.

use super::content_type::ContentType;
use super::parsed_body::{ParsedBody, Source};
use super::{Read, parse};
use crate::body::Body;
use crate::error::Error;
use crate::size::SizeLimit;
use http::Request;
use http::request::Parts;
use std::task::{Context, Poll, ready};

/// A request whose body is being read.
pub(super) struct Reading {
    /// `None` once the request is taken.
    parts: Option<Parts>,
    read: Read,
}

impl Reading {
    pub(super) fn start(request: Request<Body>, limit: SizeLimit) -> Self {
        let (parts, body) = request.into_parts();
        let read = Read::new(body, &parts.headers, limit).over(parts.version);
        Self { parts: Some(parts), read }
    }

    /// Polls for the request with its [`ParsedBody`] in the extensions. Its body can be read again.
    ///
    /// It must not be polled again once it is ready.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Request<Body>, Error>> {
        let Some(parts) = &mut self.parts else { unreachable!("polled after it was ready") };
        // An outer parser may have parsed the body, so that only this limit is left to check. A middleware in between
        // may have wrapped the body in its own type, which is why it is read again, from memory.
        let is_parsed = parts.extensions.get::<ParsedBody>().is_some();
        // As in Next.js, an unknown charset is rejected before the body is read.
        let content_type = if is_parsed { None } else { Some(ContentType::of(&parts.headers)?) };
        let bytes = ready!(self.read.poll(cx))?;
        if let Some(content_type) = content_type {
            let parsed = parse::parse(&bytes, content_type)?;
            if let Some(source) = Source::of(&parsed, &bytes, content_type) {
                parts.extensions.insert(source);
            }
            parts.extensions.insert(parsed);
        }
        let Some(parts) = self.parts.take() else { unreachable!("the parts are there") };
        Poll::Ready(Ok(Request::from_parts(parts, bytes.into())))
    }
}
