//! Parses `a=1&b=2`.

use super::multimap::Multimap;
use crate::text::percent;

/// Parses a query string by the URL standard, as Next.js does.
///
/// `extra` is the number of bytes that the caller will append to the text.
pub(crate) fn parse_query(text: &str, extra: usize) -> Multimap {
    // Most queries have at most eight pairs.
    let mut pairs = Multimap::with_capacity(text.len() + extra, 8);
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        pairs.push(&name, &value);
    }
    pairs
}

/// Parses a form as Node's `querystring` does. It differs from the URL standard for text that is not ASCII.
pub(crate) fn parse_form(text: &str) -> Multimap {
    if text.is_ascii() {
        return parse_query(text, 0);
    }
    let mut pairs = Multimap::with_capacity(text.len(), 8);
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push(&unescape(name), &unescape(value));
    }
    pairs
}

/// Decodes as Node's `querystring.unescape` does, and `+` as a space.
///
/// If an escape is malformed or not UTF-8, Node falls back to bytes, and keeps only the low byte of every character:
/// `é%41%ZZ` loses its é.
fn unescape(raw: &str) -> String {
    let text = raw.replace('+', " ");
    if let Some(decoded) = percent::decode(&text) {
        return decoded.into_owned();
    }
    let mut pieces = text.split('%');
    let mut bytes = low_bytes(pieces.next().unwrap_or_default());
    let mut any_escape = false;
    for piece in pieces {
        if let Some((byte, _)) = percent::hex_byte(piece.as_bytes()) {
            any_escape = true;
            bytes.push(byte);
            bytes.extend(low_bytes(&piece[2..]));
        } else {
            bytes.push(b'%');
            bytes.extend(low_bytes(piece));
        }
    }
    // Node calls `unescape` only if there is a well-formed escape.
    if any_escape { String::from_utf8_lossy(&bytes).into_owned() } else { text }
}

#[allow(clippy::cast_possible_truncation)] // the truncation is Node's
fn low_bytes(text: &str) -> Vec<u8> {
    text.encode_utf16().map(|unit| unit as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_is_decoded_as_in_next() {
        let cases = [
            ("a+b", "a b", "a b"),
            ("%2B", "+", "+"),
            ("%ZZ", "%ZZ", "%ZZ"),
            ("%", "%", "%"),
            ("%4", "%4", "%4"),
            ("%zz%41", "%zzA", "%zzA"),
            ("%u0041", "%u0041", "%u0041"),
            ("%00", "\0", "\0"),
            ("%f0%9f%98%80", "😀", "😀"),
            ("%c3%28", "\u{fffd}(", "\u{fffd}("),
            ("%E4%BD", "\u{fffd}", "\u{fffd}"),
            ("%FF", "\u{fffd}", "\u{fffd}"),
            ("é", "é", "é"),
            ("é+%41", "é A", "é A"),
            ("é%ZZ", "é%ZZ", "é%ZZ"),
            ("é%41%ZZ", "éA%ZZ", "\u{fffd}A%ZZ"),
            ("日本%", "日本%", "日本%"),
            ("😀%F0%9F", "😀\u{fffd}", "=\0\u{fffd}"),
            ("é%FF", "é\u{fffd}", "\u{fffd}\u{fffd}"),
            // The low bytes of these are `+` and `%`.
            ("ī%FF", "ī\u{fffd}", "+\u{fffd}"),
            ("ĥ41%41%ZZ", "ĥ41A%ZZ", "%41A%ZZ"),
        ];
        for (raw, query, form) in cases {
            let text = format!("k={raw}");
            let value = |pairs: Multimap| pairs.position("k").map(|i| pairs.value(i).to_owned());
            assert_eq!(value(parse_query(&text, 0)).as_deref(), Some(query), "{raw} in a query");
            assert_eq!(value(parse_form(&text)).as_deref(), Some(form), "{raw} in a form");
        }
    }
}
