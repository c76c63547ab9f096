use super::content_type::ContentType;
use super::parse;
use crate::query::Query;
use bytes::Bytes;
use serde::ser::{Serialize, Serializer};
use serde_json::Value;
use std::sync::Arc;

/// A parsed body of dynamic type, as `req.body` is in Next.js.
///
/// Clones share the value; [`Arc::unwrap_or_clone`] returns an owned one. A
/// [`BodyParserLayer`](crate::BodyParserLayer) inserts a `ParsedBody` into the request's extensions, from which
/// axum's `Extension<ParsedBody>` clones it.
///
/// A body of any other content type is text, for example JSON of a vendor type (`application/vnd.api+json`). A
/// handler can parse it itself:
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Error, Result};
///
/// async fn vendor(req: ApiRequest, res: ApiResponse) -> Result {
///     let text = req.body().as_text().unwrap_or_default();
///     let value: serde_json::Value = serde_json::from_str(text).map_err(|_| Error::new(400, "Invalid JSON"))?;
///     res.json(&value["data"])
/// }
/// ```
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, ParsedBody, Result};
///
/// async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
///     match req.body() {
///         ParsedBody::Json(value) => res.json(value),
///         ParsedBody::Form(form) => res.json(form),
///         other => res.send(format!("a body of the kind {}", other.kind())),
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ParsedBody {
    /// No parsed body, because the body parser is off.
    #[default]
    Undefined,
    /// A body of type `application/json` or `application/ld+json`.
    Json(Arc<Value>),
    /// A body of type `application/x-www-form-urlencoded`.
    Form(Arc<Query>),
    /// A body of any other type. The text is empty if there is no body.
    Text(Arc<str>),
}

impl ParsedBody {
    /// Returns the type that JavaScript reports: `"object"`, `"array"`, `"string"`, `"number"`, `"boolean"`,
    /// `"null"` or `"undefined"`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Undefined => "undefined",
            Self::Json(value) => parse::kind(value),
            Self::Form(_) => "object",
            Self::Text(_) => "string",
        }
    }

    /// Returns the JSON value, or `None` if the body was not JSON.
    pub fn as_json(&self) -> Option<&Value> {
        match self {
            Self::Json(value) => Some(value),
            _ => None,
        }
    }

    /// Returns the form, or `None` if the body was not a form.
    pub fn as_form(&self) -> Option<&Query> {
        match self {
            Self::Form(form) => Some(form),
            _ => None,
        }
    }

    /// Returns the text of a text body or of a JSON string.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Json(value) => value.as_str(),
            Self::Form(_) | Self::Undefined => None,
        }
    }

    /// Returns a field of a JSON object or of a form, as `req.body.title` does in Next.js.
    ///
    /// Returns `None` if the field is missing or not a string.
    ///
    /// ```
    /// use tower_api_routes::ParsedBody;
    ///
    /// let body = ParsedBody::from(serde_json::json!({ "title": "Next.js", "id": 1 }));
    /// assert_eq!(body.get("title"), Some("Next.js"));
    /// assert_eq!(body.get("id"), None);
    /// ```
    pub fn get(&self, field: &str) -> Option<&str> {
        match self {
            Self::Json(value) => value.get(field)?.as_str(),
            Self::Form(form) => form.get(field),
            _ => None,
        }
    }
}

impl From<Value> for ParsedBody {
    fn from(value: Value) -> Self {
        Self::Json(Arc::new(value))
    }
}

impl From<Query> for ParsedBody {
    fn from(form: Query) -> Self {
        Self::Form(Arc::new(form))
    }
}

impl From<String> for ParsedBody {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&str> for ParsedBody {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl Serialize for ParsedBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Undefined => serializer.serialize_none(),
            Self::Json(value) => value.serialize(serializer),
            Self::Form(form) => form.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// The bytes that a [`ParsedBody`] in the extensions was parsed from.
///
/// A typed inner handler parses them again, so that it gets the same value as without a layer: a JSON value has
/// lost digits beyond a double and fields that occur twice.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    bytes: Bytes,
    content_type: ContentType,
    value: Arc<Value>,
}

impl Source {
    /// Returns the source of a JSON value. Text and forms need none, because parsing them loses nothing.
    pub(crate) fn of(parsed: &ParsedBody, bytes: &Bytes, content_type: ContentType) -> Option<Self> {
        let ParsedBody::Json(value) = parsed else { return None };
        Some(Self { bytes: bytes.clone(), content_type, value: Arc::clone(value) })
    }

    /// Returns the bytes, unless a service in between has changed the value.
    pub(crate) fn unchanged(self, parsed: &ParsedBody) -> Option<(Bytes, ContentType)> {
        // The source shares the value, so that a change is always made to a copy, at another address.
        let same = matches!(parsed, ParsedBody::Json(value) if Arc::ptr_eq(value, &self.value));
        same.then_some((self.bytes, self.content_type))
    }
}

/// A body that was read up to the limit and not parsed: `ApiRequest<RawBody>`.
///
/// Use it where the exact bytes matter, for example to verify the signature of a webhook.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, RawBody, Result};
///
/// async fn length(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
///     res.json(&req.body().len())
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawBody(pub Bytes);

impl std::ops::Deref for RawBody {
    type Target = Bytes;

    fn deref(&self) -> &Bytes {
        &self.0
    }
}

impl AsRef<[u8]> for RawBody {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_body_is_read_as_what_it_is() {
        type Case<'a> = (ParsedBody, &'a str, bool, bool, Option<&'a str>, Option<&'a str>, Value);
        let form = || Query::parse_form("a=1&a=2");
        // The kind; whether it is JSON or a form; the text; the field `a`; and how it is serialized.
        let cases: &[Case<'_>] = &[
            (ParsedBody::Undefined, "undefined", false, false, None, None, Value::Null),
            (json!({ "a": "1" }).into(), "object", true, false, None, Some("1"), json!({ "a": "1" })),
            (json!({ "a": 1 }).into(), "object", true, false, None, None, json!({ "a": 1 })),
            (json!([1]).into(), "array", true, false, None, None, json!([1])),
            (json!("text").into(), "string", true, false, Some("text"), None, json!("text")),
            (json!(1).into(), "number", true, false, None, None, json!(1)),
            (json!(true).into(), "boolean", true, false, None, None, json!(true)),
            (Value::Null.into(), "null", true, false, None, None, Value::Null),
            (form().into(), "object", false, true, None, Some("1"), json!({ "a": ["1", "2"] })),
            ("text".into(), "string", false, false, Some("text"), None, json!("text")),
            (String::from("text").into(), "string", false, false, Some("text"), None, json!("text")),
        ];
        for (body, kind, is_json, is_form, text, field, serialized) in cases {
            assert_eq!((body.kind(), body.as_text(), body.get("a")), (*kind, *text, *field), "{body:?}");
            assert_eq!(body.as_json(), is_json.then_some(serialized), "{body:?}");
            assert_eq!(body.as_form(), is_form.then(form).as_ref(), "{body:?}");
            assert_eq!(serde_json::to_value(body).unwrap(), *serialized, "{body:?}");
            assert_eq!(body.get("b"), None, "{body:?}");
        }
    }

    #[test]
    fn raw_bytes_are_bytes() {
        let raw = RawBody(Bytes::from("bytes"));
        assert_eq!((raw.len(), &**raw), (5, &b"bytes"[..]));
        assert_eq!(AsRef::<[u8]>::as_ref(&raw), b"bytes");
    }

    #[test]
    fn unchanged_value_keeps_its_source() {
        let (bytes, content_type) = (Bytes::from("[1]"), ContentType::of(&http::HeaderMap::new()).unwrap());
        let source = |parsed: &ParsedBody| Source::of(parsed, &bytes, content_type);
        assert!(source(&ParsedBody::Undefined).is_none() && source(&"text".into()).is_none());
        let parsed = ParsedBody::from(json!([1]));
        assert_eq!(source(&parsed).unwrap().unchanged(&parsed), Some((bytes.clone(), content_type)));
        for other in [json!([1]).into(), json!([2]).into(), ParsedBody::Undefined, "[1]".into()] {
            assert_eq!(source(&parsed).unwrap().unchanged(&other), None, "{other:?}");
        }
    }
}
