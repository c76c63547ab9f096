//! The body type of requests and responses.

mod erased;
mod error;
mod frames;
mod guard;
mod layered;
mod reader;
mod rest;

pub use error::{BodyError, BoxError};
pub(crate) use error::{BodyTooLarge, Mark, RequestBodyFailure, sources};
pub(crate) use guard::{Guard, Observer};
pub use layered::LayeredBody;
pub use reader::{BodyReader, BodyStream};
#[cfg(feature = "serve")]
pub(crate) use rest::Rest;

use bytes::{Buf, Bytes};
use erased::{Boxed, FromStream};
use futures_core::Stream;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use rest::Received;
use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The body of a request or a response: empty, bytes, or a stream.
///
/// A handler gets one from an `ApiRequest<Body>`, `res.send` accepts one, and the router's responses have one.
/// [`Body::new`] converts any other body, and [`Body::from_stream`] a stream.
///
/// ```
/// use tower_api_routes::Body;
///
/// # async fn example() -> Result<(), tower_api_routes::BoxError> {
/// let mut body = Body::from("hello");
/// assert_eq!(body.chunk().await?.unwrap(), "hello");
/// assert!(body.chunk().await?.is_none());
/// # Ok(()) }
/// # futures_util::FutureExt::now_or_never(example()).unwrap().unwrap();
/// ```
#[derive(Default)]
pub struct Body(Kind);

#[derive(Default)]
enum Kind {
    #[default]
    Empty,
    Full(Bytes),
    /// A body from hyper, not boxed, and whether it came with the request.
    Incoming(Incoming, bool),
    /// The same, from a connection of `serve`, which reads on if it is dropped before its end.
    Received(Received, bool),
    Boxed(Boxed),
}

impl Body {
    /// Creates an empty body.
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// Creates a body from any other [`http_body::Body`].
    ///
    /// It is boxed, unless it is empty, a `Body` already, or hyper's [`Incoming`].
    ///
    /// ```
    /// use http_body_util::Full;
    /// use tower_api_routes::{Body, bytes::Bytes};
    ///
    /// let body = Body::new(Full::new(Bytes::from("hello")));
    /// ```
    pub fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        // A body at its end may have had no length, as that of a streamed response to a HEAD: an empty one has the length 0.
        if body.is_end_stream() && body.size_hint().exact() == Some(0) {
            return Self::empty();
        }
        let body = match try_downcast::<Self, B>(body) {
            Ok(body) => return body,
            Err(body) => body,
        };
        match try_downcast::<Incoming, B>(body) {
            Ok(body) => Self(Kind::Incoming(body, false)),
            Err(body) => Self::boxed(body),
        }
    }

    /// Creates a body from a stream of chunks.
    ///
    /// ```
    /// use tower_api_routes::{Body, BoxError};
    ///
    /// let chunks = futures_util::stream::iter([Ok::<_, BoxError>("one"), Ok("two")]);
    /// let body = Body::from_stream(chunks);
    /// ```
    pub fn from_stream<S, D, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<D, E>> + Send + 'static,
        D: Into<Bytes>,
        E: Into<BoxError>,
    {
        Self::boxed(FromStream { stream })
    }

    /// Returns the next chunk of data, or `None` at the end. Trailers are skipped.
    ///
    /// # Errors
    ///
    /// Returns an error if the body breaks off.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, BodyError> {
        while let Some(frame) = self.frame().await? {
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Returns the next frame, data or trailers, or `None` at the end.
    ///
    /// This method takes precedence over `http_body_util::BodyExt::frame`, which returns the `Result` inside the
    /// `Option`.
    ///
    /// # Errors
    ///
    /// Returns an error if the body breaks off.
    pub async fn frame(&mut self) -> Result<Option<Frame<Bytes>>, BodyError> {
        poll_fn(|cx| Pin::new(&mut *self).poll_frame(cx)).await.transpose()
    }

    /// Consumes `self`, returning the data as a [`Stream`] of chunks. Trailers are skipped.
    ///
    /// ```
    /// use futures_util::TryStreamExt as _;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Body, Result};
    ///
    /// async fn length(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    ///     let chunks = req.into_body().into_stream();
    ///     let length = chunks.try_fold(0, |length, chunk| async move { Ok(length + chunk.len()) }).await?;
    ///     res.json(&length)
    /// }
    /// ```
    pub fn into_stream(self) -> BodyStream {
        BodyStream { body: self }
    }

    /// Consumes `self`, returning the data as an [`AsyncRead`](tokio::io::AsyncRead) and
    /// [`AsyncBufRead`](tokio::io::AsyncBufRead). Trailers are skipped.
    ///
    /// ```
    /// use tokio::fs::File;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Body, Result};
    ///
    /// async fn upload(req: ApiRequest<Body>, res: ApiResponse) -> Result {
    ///     let mut file = File::create("upload.bin").await?;
    ///     let length = tokio::io::copy(&mut req.into_body().into_reader(), &mut file).await?;
    ///     res.status(201).json(&length)
    /// }
    /// ```
    pub fn into_reader(self) -> BodyReader {
        BodyReader { body: self, rest: Bytes::new() }
    }

    /// Returns the whole content if it is in memory, in one piece.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Empty => Some(&[]),
            Kind::Full(bytes) => Some(bytes),
            Kind::Incoming(..) | Kind::Received(..) | Kind::Boxed(_) => None,
        }
    }

    /// Takes the whole content if it is in memory, in one piece, and leaves the body empty.
    pub(crate) fn take_bytes(&mut self) -> Option<Bytes> {
        match std::mem::take(&mut self.0) {
            Kind::Empty => Some(Bytes::new()),
            Kind::Full(bytes) => Some(bytes),
            kind => {
                self.0 = kind;
                None
            }
        }
    }

    /// Waits for the first frame of a stream, and keeps it. An error before it can still become a complete response.
    pub(crate) fn poll_peek(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BodyError>> {
        if !matches!(self.0, Kind::Boxed(_)) {
            return Poll::Ready(Ok(()));
        }
        let first = ready!(Pin::new(&mut *self).poll_frame(cx)?);
        if let (Kind::Boxed(boxed), Some(frame)) = (&mut self.0, first) {
            boxed.put_back(frame);
        }
        Poll::Ready(Ok(()))
    }

    /// Adds a guard. Guards that are there already run first.
    pub(crate) fn guarded(self, guard: Box<dyn Guard>) -> Self {
        let mut boxed = match self.0 {
            Kind::Boxed(boxed) => boxed,
            kind => Boxed::new(Self(kind)),
        };
        if boxed.guard().is_some() {
            boxed = Boxed::new(Self(Kind::Boxed(boxed)));
        }
        *boxed.guard() = Some(guard);
        Self(Kind::Boxed(boxed))
    }

    /// Returns the guard that was added last.
    pub(crate) fn guard_mut(&mut self) -> Option<&mut dyn Guard> {
        match &mut self.0 {
            Kind::Boxed(boxed) => boxed.guard().as_deref_mut(),
            Kind::Empty | Kind::Full(_) | Kind::Incoming(..) | Kind::Received(..) => None,
        }
    }

    /// Marks the body as that of a request. A failure is then the client's (400 or 413), and not the server's (500).
    pub(crate) fn mark_as_request(&mut self) {
        match &mut self.0 {
            Kind::Empty | Kind::Full(_) => {}
            Kind::Incoming(_, of_request) | Kind::Received(_, of_request) => *of_request = true,
            Kind::Boxed(boxed) => boxed.mark_as_request(),
        }
    }

    /// Adds an observer of the error that the body ends with. An error that another observer has reported is not passed
    /// on.
    pub(crate) fn observe<O: Observer>(&mut self, observer: &Arc<O>) {
        if matches!(self.0, Kind::Incoming(..) | Kind::Received(..)) {
            *self = Self::boxed(std::mem::take(self));
        }
        if let Kind::Boxed(boxed) = &mut self.0 {
            boxed.observe(Arc::clone(observer) as Arc<dyn Observer>);
        }
    }

    /// Boxes a body, even one that is at its end.
    pub(crate) fn boxed<B>(body: B) -> Self
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        Self(Kind::Boxed(Boxed::new(body)))
    }
}

fn try_downcast<T: 'static, V: 'static>(value: V) -> Result<T, V> {
    let mut slot = Some(value);
    if let Some(known) = (&mut slot as &mut dyn Any).downcast_mut::<Option<T>>().and_then(Option::take) {
        return Ok(known);
    }
    match slot {
        Some(value) => Err(value),
        None => unreachable!("the slot is emptied only by the cast that returns"),
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Empty => f.write_str("Body::Empty"),
            Kind::Full(bytes) => write!(f, "Body::Full({} bytes)", bytes.len()),
            Kind::Incoming(..) | Kind::Received(..) => f.write_str("Body::Incoming"),
            Kind::Boxed(boxed) => {
                f.debug_struct("Body::Stream").field("size_hint", &boxed.size_hint()).finish()
            }
        }
    }
}

macro_rules! from_bytes {
    ($($type:ty),*) => {$(
        impl From<$type> for Body {
            fn from(data: $type) -> Self {
                Self(Kind::Full(Bytes::from(data)))
            }
        }
    )*};
}
from_bytes!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

impl From<Incoming> for Body {
    fn from(body: Incoming) -> Self {
        Self(Kind::Incoming(body, false))
    }
}

#[cfg(test)]
mod tests;
