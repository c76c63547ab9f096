//! Node reads and writes header values as Latin-1: one byte is one character.

use http::HeaderValue;
use std::borrow::Cow;

/// Returns the text of a header value.
pub(crate) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
    }
}

/// Returns the header value of a text. `None` if it has a line break, a control character, or a character beyond
/// Latin-1.
pub(crate) fn encode(text: &str) -> Option<HeaderValue> {
    if text.is_ascii() {
        return HeaderValue::from_str(text).ok();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    HeaderValue::from_maybe_shared(bytes::Bytes::from(bytes?)).ok()
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
            assert_eq!(encode(text).as_ref().map(HeaderValue::as_bytes), *bytes, "{text:?}");
        }
        assert_eq!(decode(b"caf\xe9"), "café");
    }
}
