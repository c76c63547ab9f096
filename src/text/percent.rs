//! Percent escapes as JavaScript reads them.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC};
use std::borrow::Cow;

/// The characters that the URL standard encodes in a path. `?` is not among them, because the target may have a query.
pub(crate) const PATH: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// The characters that JavaScript's `encodeURIComponent` encodes.
pub(crate) const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Returns the byte that the first two hexadecimal digits encode, and the rest of the text.
pub(crate) fn hex_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let [high, low, rest @ ..] = text else { return None };
    Some((digit(*high)? << 4 | digit(*low)?, rest))
}

/// Decodes percent escapes as JavaScript's `decodeURIComponent` does. Returns `None` for a malformed escape, or if the
/// result is not UTF-8.
pub(crate) fn decode(text: &str) -> Option<Cow<'_, str>> {
    if !text.bytes().any(|byte| byte == b'%') {
        return Some(text.into()); // the common case: no copy
    }
    let mut out = Vec::with_capacity(text.len());
    let mut pieces = text.as_bytes().split(|byte| *byte == b'%');
    out.extend_from_slice(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (byte, rest) = hex_byte(piece)?;
        out.push(byte);
        out.extend_from_slice(rest);
    }
    String::from_utf8(out).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_decoded_as_javascript_decodes_it() {
        let cases = [
            ("plain", Some("plain")),
            ("a+b", Some("a+b")),
            ("%41%2d%2D", Some("A--")),
            ("x%20y", Some("x y")),
            ("%E4%BD%A0é%C3%A9", Some("你éé")),
            ("%2541", Some("%41")),
            ("%00", Some("\0")),
            ("%", None),
            ("%4", None),
            ("%ZZ", None),
            ("%4Z", None),
            ("%+4", None),
            ("a%41%", None),
            ("%é1", None),
            ("%E4%BD", None),
            ("%FF", None),
            ("%ED%A0%80", None),
        ];
        for (text, decoded) in cases {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }
}
