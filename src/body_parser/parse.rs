//! Parses a body by its content type.

use super::ParsedBody;
use super::content_type::{ContentType, Format};
use super::de::{Nothing, Text};
use crate::error::Error;
use crate::query::{self, Query};
use http::StatusCode;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Value;
use std::fmt::Display;
use std::sync::Arc;

/// Parses a body into a dynamic value, as `req.body` is in Next.js.
pub(crate) fn parse(bytes: &[u8], content_type: ContentType) -> Result<ParsedBody, Error> {
    if bytes.is_empty() && content_type.format == Format::Text {
        return Ok(ParsedBody::Text(Arc::default())); // a fast path for nearly every GET
    }
    let text = content_type.charset.decode(bytes);
    Ok(match content_type.format {
        Format::Json => {
            let value: Value = serde_json::from_str(or_empty_object(&text)).map_err(|_| invalid_json())?;
            value.into()
        }
        Format::Form => Query::parse_form(&text).into(),
        Format::Text => ParsedBody::from(&*text),
    })
}

/// Parses a body into the handler's type, without an intermediate value.
pub(crate) fn parse_into<T: DeserializeOwned>(bytes: &[u8], content_type: ContentType) -> Result<T, Error> {
    let text = content_type.charset.decode(bytes);
    if let Some(nothing) = nothing(text.is_empty()) {
        return Ok(nothing);
    }
    match content_type.format {
        Format::Json => json(or_empty_object(&text)),
        Format::Form => from_form(&Query::parse_form(&text)),
        Format::Text => from_text(&text),
    }
}

/// Converts a value into the handler's type: an outer layer has parsed it, and a service in between has changed it.
pub(crate) fn convert<T: DeserializeOwned>(body: &ParsedBody) -> Result<T, Error> {
    match body {
        // The value is converted through its text, because a number beyond an `f32` is an error in text, but
        // infinity in a value.
        ParsedBody::Json(value) => {
            let text = value.to_string();
            serde_json::from_str(&text).map_err(|_| mistyped::<T>(&text, value))
        }
        ParsedBody::Form(form) => from_form(form),
        ParsedBody::Text(text) => from_text(text),
        ParsedBody::Undefined => {
            Err(Error::internal("the handler needs a parsed body, but the body parser is off"))
        }
    }
}

/// Returns `{}` for an empty JSON body, as Next.js does.
fn or_empty_object(text: &str) -> &str {
    if text.is_empty() { "{}" } else { text }
}

/// Returns the value of an empty body, if the type has one: `None` of an `Option<T>`, or `()`.
fn nothing<T: DeserializeOwned>(is_empty: bool) -> Option<T> {
    if is_empty { T::deserialize(Nothing).ok() } else { None }
}

fn json<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    // `serde_json` stops at the first value of a wrong type, and reports some of these as syntax errors. Parsing
    // the whole text again tells malformed JSON (400) from JSON of another type (422).
    let value: Value = serde_json::from_str(text).map_err(|_| invalid_json())?;
    if !error.is_data() {
        return Err(mistyped::<T>(text, &value));
    }
    // Tracking the path makes parsing much slower, so it is done only after an error.
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Err(path_of::<T, _>(&mut deserializer).unwrap_or_else(|| unprocessable(&error)))
}

/// Returns the error for JSON of another type.
///
/// Converting the value gives a more precise error than the text, where it may be a syntax error. If the value does
/// convert (a number beyond an `f32`), the error comes from the text.
fn mistyped<T: DeserializeOwned>(text: &str, value: &Value) -> Error {
    let of_text = || path_of::<T, _>(&mut serde_json::Deserializer::from_str(text));
    path_of::<T, _>(value).or_else(of_text).unwrap_or_else(|| unprocessable(&"not of the expected type"))
}

/// Returns the error of a deserializer, with the path to where it happened.
fn path_of<'de, T, D>(deserializer: D) -> Option<Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let result: Result<T, _> = serde_path_to_error::deserialize(deserializer);
    result.err().map(|error| unprocessable(&error))
}

fn from_form<T: DeserializeOwned>(form: &Query) -> Result<T, Error> {
    if let Some(nothing) = nothing(form.is_empty()) {
        return Ok(nothing);
    }
    query::de::from_query(form).map_err(|error| unprocessable(&error))
}

fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    if let Some(nothing) = nothing(text.is_empty()) {
        return Ok(nothing);
    }
    T::deserialize(Text(text)).map_err(|_| {
        Error::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Unsupported media type: send `application/json` or `application/x-www-form-urlencoded`",
        )
    })
}

fn invalid_json() -> Error {
    Error::rejection(StatusCode::BAD_REQUEST, "Invalid JSON".into())
}

fn unprocessable(error: &impl Display) -> Error {
    Error::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Invalid body: {error}"))
}

/// Returns the result of `typeof`, except that `array` and `null` are distinct from `object`.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::super::charset::Charset;
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Post {
        title: String,
        tags: Vec<String>,
    }

    const fn content(format: Format) -> ContentType {
        ContentType { format, charset: Charset::Utf8 }
    }

    #[test]
    fn an_error_tells_malformed_from_mistyped() {
        let cases = [
            (Format::Json, r#"{"title":"a","tags":["b"]}"#, "ok"),
            (Format::Form, "title=a&tags=b", "ok"),
            (
                Format::Json,
                r#"{"title":"a","tags":["b",1]}"#,
                "422 Unprocessable Entity: Invalid body: tags[1]: invalid type: integer `1`, expected a string at line 1 column 26",
            ),
            (
                Format::Json,
                r#"{"title":"a"}"#,
                "422 Unprocessable Entity: Invalid body: missing field `tags` at line 1 column 13",
            ),
            (
                Format::Json,
                "",
                "422 Unprocessable Entity: Invalid body: missing field `title` at line 1 column 2",
            ),
            (Format::Json, r#"{"title":1, x"#, "400 Bad Request: Invalid JSON"),
            (Format::Json, "{", "400 Bad Request: Invalid JSON"),
            (Format::Json, " ", "400 Bad Request: Invalid JSON"),
            (Format::Form, "title=a", "422 Unprocessable Entity: Invalid body: missing field `tags`"),
            (
                Format::Text,
                "title",
                "415 Unsupported Media Type: Unsupported media type: send `application/json` or `application/x-www-form-urlencoded`",
            ),
        ];
        for (format, body, expected) in cases {
            let parsed = parse_into::<Post>(body.as_bytes(), content(format));
            let text = parsed.map_or_else(|error| error.to_string(), |_| "ok".into());
            assert_eq!(text, expected, "{body}");
        }
    }

    #[test]
    fn parsed_layer_value_gives_the_same_errors() {
        let value = parse(br#"{"title":"a","tags":[1]}"#, content(Format::Json)).unwrap();
        let error = convert::<Post>(&value).unwrap_err().to_string();
        assert_eq!(
            error,
            "422 Unprocessable Entity: Invalid body: tags[0]: invalid type: integer `1`, expected a string"
        );
    }

    #[test]
    fn missing_body_is_nothing_for_options() {
        let text = content(Format::Text);
        assert_eq!(parse_into::<Option<Post>>(b"", text).unwrap(), None);
        assert_eq!(parse_into::<Option<String>>(b"", text).unwrap(), None);
        parse_into::<()>(b"", text).unwrap();
        assert_eq!(parse_into::<String>(b"", text).unwrap(), "");
        assert!(parse_into::<()>(b"text", text).is_err());
    }

    #[test]
    fn text_is_a_string() {
        assert_eq!(parse_into::<String>(b"plain", content(Format::Text)).unwrap(), "plain");
        assert_eq!(parse_into::<String>(br#""json""#, content(Format::Json)).unwrap(), "json");
    }

    #[test]
    fn number_is_the_nearest_double() {
        let value = parse(b"123456789012345680000", content(Format::Json)).unwrap();
        assert_eq!(crate::json::to_bytes(&value).unwrap(), "123456789012345680000");
    }

    #[test]
    fn deep_json_is_refused_and_not_followed() {
        let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(parse(deep(127).as_bytes(), content(Format::Json)).is_ok());
        assert!(parse(deep(129).as_bytes(), content(Format::Json)).is_err());
        assert!(parse(deep(500_000).as_bytes(), content(Format::Json)).is_err());
        assert_eq!(json::<Post>(&deep(500_000)).unwrap_err().status(), 400);
    }
}
