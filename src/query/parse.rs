//! Parses `a=1&b=2`.

use super::multimap::Multimap;
use crate::text::percent::hex_byte;

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
///
/// The text is split at ASCII characters only, so it can be split as bytes.
pub(crate) fn parse_form(text: &str) -> Multimap {
    let mut pairs = Multimap::with_capacity(text.len(), 8);
    let mut decoded = Vec::with_capacity(text.len());
    for pair in text.as_bytes().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(end);
        let mut append = |raw| {
            decoded.clear();
            decode(raw, &mut decoded);
            match std::str::from_utf8(&decoded) {
                Ok(text) => pairs.append(text),
                Err(_) => pairs.append(&String::from_utf8_lossy(&decoded)),
            }
        };
        let (name, value) = (append(name), append(value.get(1..).unwrap_or_default()));
        pairs.push_ranges(name, value);
    }
    pairs
}

/// Decodes as Node's `querystring.unescape` does, and `+` as a space.
///
/// If an escape is malformed or not UTF-8, Node falls back to bytes, and keeps only the low byte of every character:
/// `é%41%ZZ` loses its é. It does so only if there is a well-formed escape.
fn decode(raw: &[u8], out: &mut Vec<u8>) {
    let space = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
    let escapes = unescape(raw, out, |out, piece| out.extend(piece.iter().map(space)));
    if escapes.decoded && !raw.is_ascii() && (escapes.malformed || std::str::from_utf8(out).is_err()) {
        out.clear();
        unescape(raw, out, |out, piece| {
            let text = String::from_utf8_lossy(piece).replace('+', " ");
            #[allow(clippy::cast_possible_truncation)] // the truncation is Node's
            out.extend(text.encode_utf16().map(|unit| unit as u8));
        });
    }
}

#[derive(Default)]
struct Escapes {
    decoded: bool,
    malformed: bool,
}

/// Decodes the escapes, and appends what is between them; a malformed escape stays. Returns which kinds there were.
fn unescape(raw: &[u8], out: &mut Vec<u8>, append: impl Fn(&mut Vec<u8>, &[u8])) -> Escapes {
    let mut escapes = Escapes::default();
    let mut pieces = raw.split(|byte| *byte == b'%');
    append(out, pieces.next().unwrap_or_default());
    for piece in pieces {
        let (byte, rest) = if let Some(escape) = hex_byte(piece) {
            escapes.decoded = true;
            escape
        } else {
            escapes.malformed = true;
            (b'%', piece)
        };
        out.push(byte);
        append(out, rest);
    }
    escapes
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
