//! The body type of requests and responses.

mod counter;
mod erased;
mod error;
mod frames;
mod layered;
mod reader;

pub(crate) use counter::{Counter, Observer};
pub use error::BodyError;
pub(crate) use error::RequestBodyFailure;
pub use layered::LayeredBody;
pub use reader::{BodyReader, BodyStream};

use bytes::{Buf, Bytes};
use erased::{Boxed, FromStream};
use futures_core::Stream;
use http_body::{Body as _, Frame};
use hyper::body::Incoming;
use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// A boxed error of any type.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

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
        if body.is_end_stream() {
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
            Kind::Incoming(..) | Kind::Boxed(_) => None,
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

    /// Adds a counter, which gets the size of each chunk that leaves the body. Counters that are there already run
    /// first.
    pub(crate) fn counted(self, counter: Box<dyn Counter>) -> Self {
        let mut boxed = match self.0 {
            Kind::Boxed(boxed) => boxed,
            kind => Boxed::new(Self(kind)),
        };
        if boxed.counter().is_some() {
            boxed = Boxed::new(Self(Kind::Boxed(boxed)));
        }
        *boxed.counter() = Some(counter);
        Self(Kind::Boxed(boxed))
    }

    /// Returns the counter that was added last.
    pub(crate) fn counter_mut(&mut self) -> Option<&mut dyn Counter> {
        match &mut self.0 {
            Kind::Boxed(boxed) => boxed.counter().as_deref_mut(),
            Kind::Empty | Kind::Full(_) | Kind::Incoming(..) => None,
        }
    }

    /// Marks the body as that of a request. A failure is then the client's (400 or 413), and not the server's (500).
    pub(crate) fn mark_as_request(&mut self) {
        match &mut self.0 {
            Kind::Empty | Kind::Full(_) => {}
            Kind::Incoming(_, of_request) => *of_request = true,
            Kind::Boxed(boxed) => boxed.mark_as_request(),
        }
    }

    /// Adds an observer of the error that the body ends with. An error that another observer has reported is not passed
    /// on.
    pub(crate) fn observe<O: Observer>(&mut self, observer: &Arc<O>) {
        if matches!(self.0, Kind::Incoming(..)) {
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
            Kind::Incoming(..) => f.write_str("Body::Incoming"),
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
mod tests {
    use super::*;
    use http_body_util::{BodyExt as _, Empty, Full, StreamBody};

    fn assert_traits<T: Send + Sync + Unpin + Default>() {}

    #[test]
    fn a_body_is_send_sync_unpin_default() {
        assert_traits::<Body>();
    }

    #[test]
    fn the_size_hint_is_that_of_the_source() {
        assert_eq!(Body::from("abc").size_hint().exact(), Some(3));
        assert_eq!(Body::new(Full::new(Bytes::from("abcd"))).size_hint().exact(), Some(4));
        assert_eq!(Body::new(Empty::<Bytes>::new()).size_hint().exact(), Some(0));
        assert_eq!(
            Body::from_stream(futures_util::stream::iter([Ok::<_, BoxError>("x")])).size_hint().upper(),
            None
        );
        assert!(matches!(Body::new(Body::from("x")).0, Kind::Full(_)), "our own body is not boxed again");
    }

    #[tokio::test]
    async fn trailers_reach_the_reader_of_frames_and_no_one_else() {
        let frames = || {
            let trailers =
                http::HeaderMap::from_iter([(http::header::ETAG, http::HeaderValue::from_static("x"))]);
            let frames = [Ok::<_, BoxError>(Frame::data(Bytes::from("a"))), Ok(Frame::trailers(trailers))];
            Body::new(StreamBody::new(futures_util::stream::iter(frames)))
        };
        let mut body = frames();
        assert!(body.frame().await.unwrap().unwrap().is_data());
        assert!(body.frame().await.unwrap().unwrap().is_trailers());
        assert!(body.frame().await.unwrap().is_none());
        let mut body = frames();
        assert_eq!(body.chunk().await.unwrap().unwrap(), "a");
        assert!(body.chunk().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_body_is_read_as_a_reader_across_pieces() {
        use tokio::io::AsyncReadExt as _;
        let pieces = futures_util::stream::iter(["ab", "", "cdef"].map(Ok::<_, BoxError>));
        let mut text = String::new();
        Body::from_stream(pieces).into_reader().read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "abcdef");
    }

    fn stream(pieces: &'static [&'static str]) -> Body {
        Body::from_stream(futures_util::stream::iter(pieces.iter().map(|piece| Ok::<_, BoxError>(*piece))))
    }

    #[tokio::test]
    async fn a_body_knows_its_bytes_its_length_and_its_end() {
        type Case<'a> = (Body, Option<&'a str>, (u64, Option<u64>), bool, &'a str);
        // The bytes in memory; the bounds of the length; whether it has ended; and the text.
        let cases: [Case<'_>; 13] = [
            (Body::empty(), Some(""), (0, Some(0)), true, ""),
            (Body::default(), Some(""), (0, Some(0)), true, ""),
            (().into(), Some(""), (0, Some(0)), true, ""),
            ("".into(), Some(""), (0, Some(0)), true, ""),
            ("abc".into(), Some("abc"), (3, Some(3)), false, "abc"),
            (String::from("abc").into(), Some("abc"), (3, Some(3)), false, "abc"),
            (b"abc".to_vec().into(), Some("abc"), (3, Some(3)), false, "abc"),
            (Bytes::from("abc").into(), Some("abc"), (3, Some(3)), false, "abc"),
            ((&b"abc"[..]).into(), Some("abc"), (3, Some(3)), false, "abc"),
            (Body::boxed(Full::new(Bytes::from("abc"))), None, (3, Some(3)), false, "abc"),
            (Body::boxed(Empty::<Bytes>::new()), None, (0, Some(0)), true, ""),
            (stream(&[]), None, (0, None), false, ""),
            (stream(&["a", "", "bc"]), None, (0, None), false, "abc"),
        ];
        for (i, (mut body, bytes, (lower, upper), ended, text)) in cases.into_iter().enumerate() {
            assert_eq!(body.as_bytes(), bytes.map(str::as_bytes), "case {i}");
            let hint = body.size_hint();
            assert_eq!((hint.lower(), hint.upper(), body.is_end_stream()), (lower, upper, ended), "case {i}");
            let mut read = Vec::new();
            while let Some(chunk) = body.chunk().await.unwrap() {
                read.extend_from_slice(&chunk);
            }
            assert_eq!(read, text.as_bytes(), "case {i}");
            assert_eq!((body.is_end_stream(), body.size_hint().exact()), (true, Some(0)), "case {i}");
            assert!(body.frame().await.unwrap().is_none(), "case {i}");
        }
    }

    #[test]
    fn bytes_in_memory_are_taken_once_and_a_stream_is_left_alone() {
        let mut body = Body::from("abc");
        assert_eq!((body.take_bytes().unwrap(), body.take_bytes().unwrap()), ("abc".into(), Bytes::new()));
        let mut body = stream(&["abc"]);
        assert!(body.take_bytes().is_none() && !body.is_end_stream());
    }

    #[tokio::test]
    async fn a_peeked_body_has_the_length_and_the_end_that_it_had() {
        let mut body = Body::boxed(Full::new(Bytes::from("abcd")));
        poll_fn(|cx| body.poll_peek(cx)).await.unwrap();
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(4), false));
        let mut body = stream(&["", "ab", "c"]);
        poll_fn(|cx| body.poll_peek(cx)).await.unwrap();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc", "an empty piece is a flush");
        let mut body = Body::from_stream(futures_util::stream::iter([Err::<&str, _>("broken")]));
        assert_eq!(poll_fn(|cx| body.poll_peek(cx)).await.unwrap_err().into_inner().to_string(), "broken");
    }

    #[tokio::test]
    async fn a_reader_has_what_it_has_not_consumed() {
        use tokio::io::AsyncBufReadExt as _;
        let mut reader = stream(&["ab\nc", "", "d\n", "e"]).into_reader();
        let mut lines = Vec::new();
        let mut line = String::new();
        while reader.read_line(&mut line).await.unwrap() > 0 {
            lines.push(std::mem::take(&mut line));
        }
        assert_eq!(lines, ["ab\n", "cd\n", "e"]);
        let mut reader = stream(&["abc", "d"]).into_reader();
        assert_eq!(reader.fill_buf().await.unwrap(), b"abc");
        reader.consume(2);
        assert_eq!(reader.fill_buf().await.unwrap(), b"c");
        reader.consume(1);
        assert_eq!(reader.fill_buf().await.unwrap(), b"d");
        reader.consume(1);
        assert_eq!(reader.fill_buf().await.unwrap(), b"");
    }

    #[tokio::test]
    async fn a_peeked_frame_is_not_lost() {
        let mut body = Body::from_stream(futures_util::stream::iter(["ab", "c"].map(Ok::<_, BoxError>)));
        poll_fn(|cx| body.poll_peek(cx)).await.unwrap();
        assert_eq!(body.size_hint().lower(), 2);
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abc");
    }
}
