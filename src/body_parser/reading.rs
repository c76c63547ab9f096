//! Reads as much of a request's body as is needed, for a handler or for a layer.

use super::content_type::ContentType;
use super::from_body::{BodyFormat, Input};
use super::parsed_body::{ParsedBody, Source};
use super::read::Read;
use super::stream_limit::StreamLimit;
use crate::body::Body;
use crate::config::{Needs, Rules};
use crate::error::Error;
use bytes::Bytes;
use http::Extensions;
use http::request::Parts;
use http_body::Body as _;
use std::mem;
use std::task::{Context, Poll, ready};

/// Reads a body. The result is the input of a body type, and the raw bytes if they were read.
pub(crate) struct Reading {
    /// `None` for a body that is not read, or was rejected before it was read.
    read: Option<Read>,
    input: Result<Input, Error>,
}

impl Reading {
    /// Starts to read a body, as far as the settings allow it.
    pub(crate) fn start(
        needs: Needs,
        parts: &Parts,
        extensions: &mut Extensions,
        mut body: Body,
        rules: &Rules,
    ) -> Self {
        if needs == Needs::Stream {
            body.mark_as_request();
            let body = match rules.stream_limit {
                Some(limit) => {
                    StreamLimit::apply(body, &parts.headers, parts.version, limit).map(|(body, _)| body)
                }
                None => Ok(body),
            };
            return Self { read: None, input: body.map(Input::Stream) };
        }
        let Some(limit) = rules.size_limit_for(needs) else {
            return Self { read: None, input: Ok(Input::Off) };
        };
        let parsed = if needs == Needs::Bytes { None } else { extensions.remove::<ParsedBody>() };
        let input = match parsed {
            None if needs == Needs::Bytes => Input::Bytes,
            // An outer layer has read and parsed the body. It is in memory, so only the limit is left to check.
            Some(parsed) => {
                let source = extensions.remove::<Source>().filter(|_| needs == Needs::Typed);
                match source.and_then(|source| source.unchanged(&parsed)) {
                    Some((bytes, content_type)) => Input::Source(bytes, BodyFormat(content_type)),
                    None => Input::Parsed(parsed),
                }
            }
            // As in Next.js, an unknown charset is rejected before the body is read.
            None => match ContentType::of(&parts.headers) {
                Ok(content_type) => Input::Read(BodyFormat(content_type)),
                Err(error) => return Self { read: None, input: Err(error) },
            },
        };
        // Nothing is read of a request without a body.
        let is_empty = body.is_end_stream();
        let read = || Read::new(body, &parts.headers, limit).over(parts.version);
        Self { read: (!is_empty).then(read), input: Ok(input) }
    }

    /// Polls for the input. It must not be polled again once it is ready.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Input, Bytes), Error>> {
        let raw = match &mut self.read {
            Some(read) => ready!(read.poll(cx))?,
            None => Bytes::new(),
        };
        Poll::Ready(mem::replace(&mut self.input, Ok(Input::Off)).map(|input| (input, raw)))
    }
}
