use crate::body::Body;
use crate::json;
use bytes::Bytes;
use serde_json::Value;

/// The body that [`ApiResponse::send`](crate::ApiResponse::send) sends: a string, bytes, a JSON value, a [`Body`],
/// or nothing.
///
/// As in Next.js, bytes and streams are `application/octet-stream` unless the handler has set a type, a JSON value
/// is `application/json`, and a string (also a JSON string) gets no `Content-Type`.
///
/// Use [`Body::new`] for other bodies, and [`Body::from_stream`] for streams.
#[derive(Debug)]
#[non_exhaustive]
pub enum Payload {
    /// No body, and no ETag: `res.send(null)`.
    Empty,
    /// Text in UTF-8.
    Text(Bytes),
    /// Bytes.
    Bytes(Bytes),
    /// JSON text in UTF-8.
    Json(Bytes),
    /// A stream; it has no ETag.
    Stream(Body),
}

/// A value that [`ApiResponse::send`](crate::ApiResponse::send) takes: it converts into a [`Payload`].
///
/// This trait is sealed. To send a type of your own, implement `From<YourType> for Payload`.
#[diagnostic::on_unimplemented(
    message = "`res.send` does not take a `{Self}`",
    label = "not text, bytes, a `serde_json::Value`, a `Body`, or `()`",
    note = "a value that serializes is sent as JSON: `res.json(&value)`",
    note = "text and bytes are owned or `'static`: write `.to_owned()` or `.clone()` where they are borrowed"
)]
pub trait IntoPayload: Into<Payload> {}

// Without this attribute the compiler reports the missing `Into` in place of the trait's own message.
#[diagnostic::do_not_recommend]
impl<T: Into<Payload>> IntoPayload for T {}

/// The target of a redirect: text, owned or borrowed.
///
/// This trait is sealed: it is implemented for every `Into<String>`.
#[diagnostic::on_unimplemented(
    message = "a redirect cannot lead to a `{Self}`",
    label = "not a path or a URL",
    note = "`res.redirect(\"/new\")` sends 307; another status goes first in `res.redirect_with(308, \"/new\")`"
)]
pub trait IntoLocation: Into<String> {}

#[diagnostic::do_not_recommend]
impl<T: Into<String>> IntoLocation for T {}

macro_rules! payload {
    ($($variant:ident: $($type:ty),*;)*) => {$($(
        impl From<$type> for Payload {
            fn from(data: $type) -> Self {
                Self::$variant(Bytes::from(data))
            }
        }
    )*)*};
}
payload! {
    Text: &'static str, String;
    Bytes: Bytes, Vec<u8>, &'static [u8];
}

impl From<&String> for Payload {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

impl From<std::borrow::Cow<'static, str>> for Payload {
    fn from(text: std::borrow::Cow<'static, str>) -> Self {
        match text {
            std::borrow::Cow::Borrowed(text) => Self::from(text),
            std::borrow::Cow::Owned(text) => Self::from(text),
        }
    }
}

impl<const N: usize> From<&'static [u8; N]> for Payload {
    fn from(data: &'static [u8; N]) -> Self {
        Self::Bytes(Bytes::from_static(data))
    }
}

/// Converts a string to text and `null` to an empty body, as `res.send` does in JavaScript.
impl From<Value> for Payload {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Empty,
            Value::String(text) => Self::from(text),
            // Serializing cannot fail: a `Value` has only string keys and finite numbers.
            value => json::to_bytes(&value).map_or(Self::Empty, Self::Json),
        }
    }
}

impl From<&Value> for Payload {
    fn from(value: &Value) -> Self {
        Self::from(value.clone())
    }
}

impl From<()> for Payload {
    fn from((): ()) -> Self {
        Self::Empty
    }
}

impl From<Body> for Payload {
    fn from(body: Body) -> Self {
        Self::Stream(body)
    }
}

impl<T: Into<Self>> From<Option<T>> for Payload {
    fn from(payload: Option<T>) -> Self {
        payload.map_or(Self::Empty, Into::into)
    }
}

impl From<Payload> for Body {
    fn from(payload: Payload) -> Self {
        match payload {
            Payload::Empty => Self::empty(),
            Payload::Text(bytes) | Payload::Bytes(bytes) | Payload::Json(bytes) => bytes.into(),
            Payload::Stream(body) => body,
        }
    }
}
