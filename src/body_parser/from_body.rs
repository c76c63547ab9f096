//! The body types of handlers, and what each of them needs from the body parser.

use super::content_type::ContentType;
use super::{ParsedBody, RawBody, parse};
use crate::body::Body;
use crate::config::Needs;
use crate::error::Error;
use bytes::Bytes;
use serde::de::DeserializeOwned;

/// A type that a request's body can be: the `B` of [`ApiRequest<B>`](crate::ApiRequest).
///
/// This trait is sealed: implement `serde::Deserialize` for a type of your own.
///
/// | type | the handler gets |
/// | --- | --- |
/// | any `T: DeserializeOwned` | the body, parsed once, straight into the type, by its content type |
/// | `Option<T>` | the same; `None` for an empty body, whatever its content type |
/// | [`ParsedBody`], and `ApiRequest` alone | the body as a JSON value, a form or text |
/// | [`RawBody`] | the bytes, read up to the limit, not parsed |
/// | [`Body`] | the stream, untouched |
/// | [`TryBody<B>`] | any of these, or the error of a body that is not one |
///
/// JSON or a form that does not fit `T` is rejected with a 422 that names the field, and malformed JSON with a 400.
/// [`ApiRequest::query_as`](crate::ApiRequest::query_as) shows how to read the numbers and booleans of a form into
/// a flattened or internally tagged type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the body of an `ApiRequest`",
    label = "not a body type",
    note = "derive `serde::Deserialize` for `{Self}` (and borrow nothing in it), or use `ApiRequest` alone, \
            `ApiRequest<RawBody>` for the bytes, or `ApiRequest<Body>` for the stream"
)]
pub trait FromBody: Sized + Send + 'static {
    #[doc(hidden)]
    const NEEDS: Needs;

    #[doc(hidden)]
    fn from_input(input: Input, raw: &Bytes) -> Result<Self, Error>;

    /// Returns the body and its raw bytes, once the body is read.
    #[doc(hidden)]
    fn from_read(read: Result<(Input, Bytes), Error>) -> Result<(Self, Bytes), Error> {
        let (input, raw) = read?;
        Ok((Self::from_input(input, &raw)?, raw))
    }
}

/// A body, or the error that the request would have been rejected with: `ApiRequest<TryBody<T>>`.
///
/// The handler decides what a body means that is too large, malformed or of another type. Nothing is logged, and no
/// hook is called, unless the handler returns the error. A [`BodyParserLayer`](crate::BodyParserLayer) around the handler
/// rejects such a body before the handler is called.
///
/// ```
/// use serde::Deserialize;
/// use tower_api_routes::{ApiRequest, ApiResponse, Result, TryBody};
///
/// #[derive(Deserialize)]
/// struct Search { term: String }
///
/// async fn search(req: ApiRequest<TryBody<Search>>, res: ApiResponse) -> Result {
///     match req.into_body().0 {
///         Ok(search) => res.json(&search.term),
///         Err(error) if error.status() == 422 => res.json(&"everything"),
///         Err(error) => Err(error), // 400, 413 or 415
///     }
/// }
/// ```
#[derive(Debug)]
pub struct TryBody<B>(pub Result<B, Error>);

/// What the body parser passes to [`FromBody::from_input`], besides the raw bytes.
#[doc(hidden)]
#[derive(Debug)]
pub enum Input {
    Stream(Body),
    /// Read, and not to be parsed.
    Bytes,
    /// Read, and to be parsed.
    Read(BodyFormat),
    /// Parsed by an outer layer.
    Parsed(ParsedBody),
    /// Parsed from these bytes by an outer layer.
    Source(Bytes, BodyFormat),
    /// The parser is off.
    Off,
}

/// A [`ContentType`], opaque outside this crate.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct BodyFormat(pub(crate) ContentType);

/// Returns whether an empty body is a value of this type, such as the `None` of an `Option`.
#[cfg(feature = "openapi")]
pub(crate) fn accepts_empty<B: FromBody>() -> bool {
    let input = || Input::Read(BodyFormat(ContentType::JSON));
    B::NEEDS != Needs::Typed || B::from_input(input(), &Bytes::new()).is_ok()
}

fn wrong_input() -> Error {
    Error::internal("the body parser's output does not match the handler's body type")
}

impl FromBody for Body {
    const NEEDS: Needs = Needs::Stream;

    fn from_input(input: Input, _: &Bytes) -> Result<Self, Error> {
        match input {
            Input::Stream(body) => Ok(body),
            _ => Err(wrong_input()),
        }
    }
}

impl FromBody for RawBody {
    const NEEDS: Needs = Needs::Bytes;

    fn from_input(input: Input, raw: &Bytes) -> Result<Self, Error> {
        match input {
            Input::Bytes => Ok(Self(raw.clone())),
            _ => Err(wrong_input()),
        }
    }
}

impl FromBody for ParsedBody {
    const NEEDS: Needs = Needs::Value;

    fn from_input(input: Input, raw: &Bytes) -> Result<Self, Error> {
        match input {
            Input::Read(format) => parse::parse(raw, format.0),
            Input::Parsed(body) => Ok(body),
            Input::Off => Ok(Self::Undefined),
            Input::Stream(_) | Input::Bytes | Input::Source(..) => Err(wrong_input()),
        }
    }
}

impl<B: FromBody> FromBody for TryBody<B> {
    const NEEDS: Needs = B::NEEDS;

    fn from_input(input: Input, raw: &Bytes) -> Result<Self, Error> {
        Ok(Self(B::from_input(input, raw)))
    }

    fn from_read(read: Result<(Input, Bytes), Error>) -> Result<(Self, Bytes), Error> {
        match read {
            Ok((input, raw)) => Ok((Self::from_input(input, &raw)?, raw)),
            Err(error) => Ok((Self(Err(error)), Bytes::new())),
        }
    }
}

// Without this attribute the compiler reports the missing `Deserialize` in place of the trait's own message.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> FromBody for T {
    const NEEDS: Needs = Needs::Typed;

    fn from_input(input: Input, raw: &Bytes) -> Result<Self, Error> {
        match input {
            Input::Read(format) => parse::parse_into(raw, format.0),
            Input::Source(bytes, format) => parse::parse_into(&bytes, format.0),
            Input::Parsed(body) => parse::convert(&body),
            Input::Off => parse::convert(&ParsedBody::Undefined),
            Input::Stream(_) | Input::Bytes => Err(wrong_input()),
        }
    }
}
