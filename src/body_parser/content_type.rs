//! `Content-Type` as the npm package `content-type` reads it.
//!
//! The crate `mime` is not used: it accepts headers that npm rejects (a trailing `;`), and of two charsets it takes
//! the first where npm takes the last.

use super::charset::Charset;
use crate::error::Error;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use std::borrow::Cow;

/// How a body is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Form,
    Text,
}

/// A body's format and charset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentType {
    pub(crate) format: Format,
    pub(crate) charset: Charset,
}

impl ContentType {
    const TEXT: Self = Self { format: Format::Text, charset: Charset::Utf8 };
    #[cfg(feature = "openapi")]
    pub(super) const JSON: Self = Self { format: Format::Json, charset: Charset::Utf8 };

    /// Returns the content type that the first `Content-Type` header declares.
    ///
    /// Without a header, or with one that does not parse, a body is UTF-8 text.
    ///
    /// # Errors
    ///
    /// Returns a 400 `Invalid body` for an unknown charset.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Error> {
        let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(Self::TEXT) };
        match header.as_bytes() {
            // A fast path for the values that nearly every client sends.
            b"application/json" => return Ok(Self { format: Format::Json, charset: Charset::Utf8 }),
            b"application/x-www-form-urlencoded" => {
                return Ok(Self { format: Format::Form, charset: Charset::Utf8 });
            }
            _ => {}
        }
        let text = crate::text::latin1::decode(header.as_bytes());
        let Some((essence, charset)) = split(&text) else { return Ok(Self::TEXT) };
        let format = match essence.to_ascii_lowercase().as_str() {
            "application/json" | "application/ld+json" => Format::Json,
            "application/x-www-form-urlencoded" => Format::Form,
            _ => Format::Text,
        };
        let charset = match charset.as_deref() {
            None | Some("") => Some(Charset::Utf8),
            Some(label) => Charset::of(label),
        };
        match charset {
            Some(charset) => Ok(Self { format, charset }),
            None => Err(invalid_body()),
        }
    }
}

fn invalid_body() -> Error {
    Error::rejection(StatusCode::BAD_REQUEST, "Invalid body".into())
}

/// Returns the media type and its last charset, or `None` if any part is malformed.
fn split(text: &str) -> Option<(&str, Option<Cow<'_, str>>)> {
    let (essence, mut rest) = text.find(';').map_or((text, ""), |at| text.split_at(at));
    let essence = essence.trim();
    let (kind, subtype) = essence.split_once('/')?;
    if !is_token(kind) || !is_token(subtype) {
        return None;
    }
    let mut charset = None;
    while !rest.is_empty() {
        let (name, after) = token(skip_spaces(rest.strip_prefix(';')?))?;
        let after = skip_spaces(skip_spaces(after).strip_prefix('=')?);
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => token(after).map(|(value, after)| (Cow::Borrowed(value), after))?,
        };
        if name.eq_ignore_ascii_case("charset") {
            charset = Some(value);
        }
        rest = skip_spaces(after);
    }
    Some((essence, charset))
}

fn skip_spaces(text: &str) -> &str {
    text.trim_start_matches(' ')
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// `tchar` of RFC 9110.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+.^_`|~-".contains(&byte)
}

fn token(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| !is_token_byte(byte)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Returns the unescaped text before the closing quote, and the rest after it.
fn unquote(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value.into(), &text[at + 1..])),
            '\\' => value.push(chars.next().map(|(_, c)| c).filter(|c| is_quotable(*c))?),
            c if is_quotable(c) && c != '\u{7f}' => value.push(c),
            _ => return None,
        }
    }
    None
}

fn is_quotable(c: char) -> bool {
    c == '\u{b}' || ('\u{20}'..='\u{ff}').contains(&c) && !('\u{7f}'..'\u{80}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_header_is_read_as_npm_reads_it() {
        let json = Format::Json;
        let cases: &[(&str, Format)] = &[
            ("application/json", json),
            ("Application/JSON", json),
            ("application/ld+json; profile=x", json),
            ("application/json ; charset=UTF-8", json),
            ("application/json; charset=\"utf-8\"", json),
            ("application/json; charset=\"u\\tf-8\"", json),
            ("application/json; charset=", Format::Text),
            ("application/json; charset=\"\"", json),
            ("application/json;a=b;c=d", json),
            ("application/json; a =b", json),
            ("application/json;", Format::Text),
            ("application/json ;", Format::Text),
            ("application/json; =x", Format::Text),
            ("application/json; charset=utf-8, text/plain", Format::Text),
            ("application/json; charset=\"utf-8", Format::Text),
            ("application/json; charset=\"utf\\\"-8\"", json),
            ("application/json; charset=\"utf-8\t\"", Format::Text),
            ("application/json; charset=\"utf-8\"x", Format::Text),
            ("application/json; a=\"\"; b=c", json),
            ("application/json;   charset  =  utf-8  ;  a=b", json),
            ("application/jsonx", Format::Text),
            ("application/vnd.api+json", Format::Text),
            ("application", Format::Text),
            ("", Format::Text),
            ("application/x-www-Form-urlencoded", Format::Form),
        ];
        for (header, format) in cases {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(header))]);
            assert_eq!(ContentType::of(&headers).unwrap().format, *format, "{header}");
        }
    }

    #[test]
    fn last_charset_counts_and_unknown_is_refused() {
        let of = |header: &str| {
            ContentType::of(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(header).unwrap())]))
        };
        assert_eq!(of("a/b; charset=bogus; charset=latin1").unwrap().charset, Charset::Latin1);
        // The charset of an invalid media type is ignored.
        for header in ["a", "/b", "a/", "a(/b", "a/b(", "a /b", "a/b c"] {
            assert_eq!(of(header).unwrap(), ContentType::TEXT, "{header}");
            assert_eq!(of(&format!("{header}; charset=bogus")).unwrap(), ContentType::TEXT, "{header}");
        }
        assert!(of("a!#$%&'*+.^_`|~-/b; charset=bogus").is_err());
        assert!(of("a/b; x=y; charset=bogus").is_err());
        let error = of("a/b; charset=utf-8; charset=bogus").unwrap_err();
        assert_eq!(error.to_string(), "400 Bad Request: Invalid body");
    }
}
