//! Node reads and writes header values as Latin-1: one byte is one character.

use crate::Error;
use http::HeaderValue;
use std::borrow::Cow;

/// The text of a header value.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// A header value of a text; an error for a line break, a control character, or one beyond Latin-1.
pub(crate) fn header_value(text: &str) -> Result<HeaderValue, Error> {
    let invalid =
        || Error::internal(format!("the header value {text:?} has a character that a header cannot carry"));
    if text.is_ascii() {
        return HeaderValue::from_str(text).map_err(|_| invalid());
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.and_then(|bytes| HeaderValue::from_maybe_shared(bytes::Bytes::from(bytes)).ok()).ok_or_else(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_value_is_latin1() {
        let cases: &[(&str, Option<&[u8]>)] = &[
            ("plain", Some(b"plain")),
            ("tab\there", Some(b"tab\there")),
            ("café", Some(b"caf\xe9")),
            ("\u{80}", Some(b"\x80")),
            ("日本", None),
            ("a\nb", None),
            ("a\r\nX-Evil: 1", None),
            ("a\0b", None),
            ("\u{7f}", None),
            ("é\n", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(header_value(text).ok().as_ref().map(HeaderValue::as_bytes), *bytes, "{text:?}");
        }
        assert_eq!(decode(b"caf\xe9"), "café");
    }
}
