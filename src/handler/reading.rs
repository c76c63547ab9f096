//! Reads as much of a request's body as the handler's body type needs.

use crate::body::Body;
use crate::body_parser::{ContentType, Format, Input, ParsedBody, Read, Source};
use crate::config::Needs;
use crate::response::Result;
use crate::size::SizeLimit;
use bytes::Bytes;
use http::Extensions;
use http::request::Parts;
use std::mem;
use std::task::{Context, Poll, ready};

/// Reads a body for a handler. The result is the input of the body type, and the raw bytes if they were read.
pub(crate) struct Reading {
    /// `None` for a body that is not read, or was rejected before it was read.
    read: Option<Read>,
    input: Result<Input>,
}

impl Reading {
    /// Starts to read a body. A limit of `None` means that the parser is off.
    pub(super) fn start(
        needs: Needs,
        parts: &Parts,
        extensions: &mut Extensions,
        mut body: Body,
        limit: Option<SizeLimit>,
    ) -> Self {
        if needs == Needs::Stream {
            body.mark_as_request();
            return Self { read: None, input: Ok(Input::Stream(body)) };
        }
        let Some(limit) = limit else { return Self { read: None, input: Ok(Input::Off) } };
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
        Self { read: Some(Read::new(body, &parts.headers, limit).over(parts.version)), input: Ok(input) }
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
