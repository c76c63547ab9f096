//! A body as a `Stream` and as an `AsyncRead`.

use super::{Body, BodyError};
use bytes::{Buf as _, Bytes};
use futures_core::Stream;
use http_body::Body as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

/// The data of a [`Body`] as a [`Stream`]; see [`Body::into_stream`].
#[derive(Debug, Default)]
pub struct BodyStream {
    pub(super) body: Body,
}

impl Stream for BodyStream {
    type Item = Result<Bytes, BodyError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)?) {
                None => return Poll::Ready(None),
                Some(frame) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
            }
        }
    }
}

/// The data of a [`Body`] as an [`AsyncRead`] and an [`AsyncBufRead`]; see [`Body::into_reader`].
#[derive(Debug, Default)]
pub struct BodyReader {
    pub(super) body: Body,
    pub(super) rest: Bytes,
}

impl AsyncRead for BodyReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let data = ready!(self.as_mut().poll_fill_buf(cx))?;
        let length = data.len().min(buf.remaining());
        buf.put_slice(&data[..length]);
        self.consume(length);
        Poll::Ready(Ok(()))
    }
}

impl AsyncBufRead for BodyReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        while this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx).map_err(io::Error::other)?) {
                None => break,
                Some(frame) => this.rest = frame.into_data().unwrap_or_default(),
            }
        }
        Poll::Ready(Ok(&this.rest))
    }

    fn consume(mut self: Pin<&mut Self>, amount: usize) {
        self.rest.advance(amount);
    }
}
