//! Reads and parses the body of a request for a layer.

use super::content_type::ContentType;
use super::parsed_body::{ParsedBody, Source};
use super::{Read, parse};
use crate::body::Body;
use crate::error::Error;
use crate::size::SizeLimit;
use bytes::Bytes;
use http::Request;
use http::request::Parts;
use std::task::{Context, Poll, ready};

/// A request whose body is being read.
pub(super) struct Reading {
    /// The head, or an error that is returned before the body is read. `None` once it is taken.
    head: Option<Result<Head, Error>>,
    read: Read,
}

struct Head {
    parts: Parts,
    /// `None` if an outer parser has parsed the body, so that only this limit is left to check.
    content_type: Option<ContentType>,
}

impl Reading {
    pub(super) fn start(request: Request<Body>, limit: SizeLimit) -> Self {
        let (parts, body) = request.into_parts();
        let read = Read::new(body, &parts.headers, limit).over(parts.version);
        let is_parsed = parts.extensions.get::<ParsedBody>().is_some();
        // As in Next.js, an unknown charset is rejected before the body is read.
        let content_type = if is_parsed { Ok(None) } else { ContentType::of(&parts.headers).map(Some) };
        let head = content_type.map(|content_type| Head { parts, content_type });
        Self { head: Some(head), read }
    }

    /// Polls for the request with its [`ParsedBody`] in the extensions. Its body can be read again: a middleware
    /// between two parsers may wrap it in a type of its own.
    ///
    /// It must not be polled again once it is ready.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Request<Body>, Error>> {
        let bytes = match &self.head {
            Some(Ok(_)) => ready!(self.read.poll(cx))?,
            Some(Err(_)) | None => Bytes::new(),
        };
        let Some(head) = self.head.take() else { unreachable!("polled after it was ready") };
        let Head { mut parts, content_type } = head?;
        if let Some(content_type) = content_type {
            let parsed = parse::parse(&bytes, content_type)?;
            if let Some(source) = Source::of(&parsed, &bytes, content_type) {
                parts.extensions.insert(source);
            }
            parts.extensions.insert(parsed);
        }
        Poll::Ready(Ok(Request::from_parts(parts, bytes.into())))
    }
}
