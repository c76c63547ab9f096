//! As much of a request's body as a handler's type asks for.

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

/// A body on its way to a handler: in the end its type's input, and the raw bytes if they were read.
pub(crate) struct Reading {
    /// None for one that is not to be read, or was refused unread.
    read: Option<Read>,
    input: Result<Input>,
}

impl Reading {
    /// None as the limit: the parser is off.
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
            // A layer further out has read and parsed the body: it is in memory, and only the limit is left to keep.
            Some(parsed) => {
                let source = extensions.remove::<Source>().filter(|_| needs == Needs::Typed);
                match source.and_then(|source| source.unchanged(&parsed)) {
                    Some((bytes, content_type)) => Input::Source(bytes, Format(content_type)),
                    None => Input::Parsed(parsed),
                }
            }
            // As in Next.js, an unknown charset is refused before the body is read.
            None => match ContentType::of(&parts.headers) {
                Ok(content_type) => Input::Read(Format(content_type)),
                Err(error) => return Self { read: None, input: Err(error) },
            },
        };
        Self { read: Some(Read::new(body, &parts.headers, limit).over(parts.version)), input: Ok(input) }
    }

    /// Not to be polled again once it is ready.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Input, Bytes)>> {
        let raw = match &mut self.read {
            Some(read) => ready!(read.poll(cx))?,
            None => Bytes::new(),
        };
        Poll::Ready(mem::replace(&mut self.input, Ok(Input::Off)).map(|input| (input, raw)))
    }
}
