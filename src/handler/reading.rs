//! Reads as much of a request's body as the handler's body type needs.

use crate::body::Body;
use crate::body_parser::{ContentType, Format, Input, ParsedBody, Read, Source};
use crate::config::Needs;
use crate::context::RequestHead;
use crate::response::Result;
use bytes::Bytes;
use http::Extensions;
use http_body::Body as _;
use std::mem;
use std::task::{Context, Poll, ready};

/// Reads a body for a handler. The result is the input of the body type, and the raw bytes if they were read.
pub(crate) struct Reading {
    /// `None` for a body that is not read, or was rejected before it was read.
    read: Option<Read>,
    input: Result<Input>,
}

impl Reading {
    /// Starts to read a body, as far as the settings of the request allow it.
    pub(super) fn start(
        needs: Needs,
        head: &RequestHead,
        extensions: &mut Extensions,
        mut body: Body,
    ) -> Self {
        if needs == Needs::Stream {
            body.mark_as_request();
            return Self { read: None, input: Ok(Input::Stream(body)) };
        }
        let (parts, rules) = (&head.parts, head.rules());
        let Some(limit) = rules.size_limit_for(needs) else {
            return Self { read: None, input: Ok(Input::Off) };
        };
        let input = match extensions.remove::<ParsedBody>() {
            _ if needs == Needs::Bytes => Input::Bytes,
            // An outer layer has read and parsed the body. It is in memory, so only the limit is left to check.
            Some(parsed) => {
                let source = extensions.remove::<Source>().filter(|_| needs == Needs::Typed);
                match source.and_then(|source| source.unchanged(&parsed)) {
                    Some((bytes, content_type)) => Input::Source(bytes, Format(content_type)),
                    None => Input::Parsed(parsed),
                }
            }
            // As in Next.js, an unknown charset is rejected before the body is read.
            None => match ContentType::of(&parts.headers) {
                Ok(content_type) => Input::Read(Format(content_type)),
                Err(error) => return Self { read: None, input: Err(error) },
            },
        };
        // Nothing is read of a request without a body.
        let is_empty = body.is_end_stream();
        let read = || Read::new(body, &parts.headers, limit).over(parts.version);
        Self { read: (!is_empty).then(read), input: Ok(input) }
    }

    /// Polls for the input. It must not be polled again once it is ready.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Input, Bytes)>> {
        let raw = match &mut self.read {
            Some(read) => ready!(read.poll(cx))?,
            None => Bytes::new(),
        };
        Poll::Ready(mem::replace(&mut self.input, Ok(Input::Off)).map(|input| (input, raw)))
    }
}
