//! Reading `a=1&b=2`: percent escapes, `+`, and what is not UTF-8.

use super::{Pair, Query};
use crate::text::percent::hex_byte;
use std::ops::Range;

/// Next.js reads the query by the URL standard and a form by Node's `querystring`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flavor {
    Query,
    Form,
}

/// One pass over the text. A name or a value whose escapes are not UTF-8 gets the replacement character.
///
/// Over its bytes: it is cut at ASCII characters only, and an escape is not a character yet.
/// `room` is what the caller adds to the text: without it a parameter beside a query costs a reallocation of 400 instructions.
pub(super) fn parse(text: &str, flavor: Flavor, room: usize) -> Query {
    let mut out = Decoder { text: Vec::with_capacity(text.len() + room), flavor };
    let mut pairs: Vec<Pair> = Vec::with_capacity(8); // what most have: to grow from four costs 190 instructions
    for pair in text.as_bytes().split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(end);
        pairs.push(Pair::new(out.push(name), out.push(value.get(1..).unwrap_or_default())));
    }
    let mut query = Query::from_parts(String::from_utf8(out.text).unwrap_or_default(), pairs);
    query.link();
    query
}

struct Decoder {
    /// UTF-8: every component is made so when it comes in.
    text: Vec<u8>,
    flavor: Flavor,
}

impl Decoder {
    /// Appends a component, decoded, and says where it stands. The component is a part of a `str`, cut at ASCII characters.
    fn push(&mut self, raw: &[u8]) -> Range<usize> {
        let start = self.text.len();
        let escapes = unescape(raw, &mut self.text);
        if escapes.decoded {
            self.repair(start, raw, &escapes);
        }
        start..self.text.len()
    }

    /// Only decoded escapes can be something other than UTF-8.
    fn repair(&mut self, start: usize, raw: &[u8], escapes: &Escapes) {
        let component = self.text.get(start..).unwrap_or_default();
        let valid = std::str::from_utf8(component).is_ok();
        // Where some escapes are good and the whole is not, Node falls back to bytes and keeps only the low byte of every
        // character: `é%41%ZZ` loses its é.
        if self.flavor == Flavor::Form && !raw.is_ascii() && (escapes.malformed || !valid) {
            #[allow(clippy::cast_possible_truncation)] // the truncation is Node's
            let low: Vec<u8> = String::from_utf8_lossy(raw).encode_utf16().map(|unit| unit as u8).collect();
            self.text.truncate(start);
            unescape(&low, &mut self.text);
        } else if valid {
            return;
        }
        let component = self.text.split_off(start);
        self.text.extend_from_slice(String::from_utf8_lossy(&component).as_bytes());
    }
}

#[derive(Default)]
struct Escapes {
    decoded: bool,
    malformed: bool,
}

/// Turns escapes into bytes and `+` into a space; a malformed escape stays. Says which kinds there were.
///
/// In pieces, from one `%` to the next: 4,500 instructions for a form of 300 bytes with 45 escapes and spaces. Copying what
/// stands between them takes 6 % more, and a loop over the bytes 17 %.
fn unescape(raw: &[u8], out: &mut Vec<u8>) -> Escapes {
    let spaced = |byte: &u8| if *byte == b'+' { b' ' } else { *byte };
    let mut escapes = Escapes::default();
    let mut pieces = raw.split(|byte| *byte == b'%');
    out.extend(pieces.next().unwrap_or_default().iter().map(spaced));
    for piece in pieces {
        let (byte, rest) = if let Some(escape) = hex_byte(piece) {
            escapes.decoded = true;
            escape
        } else {
            escapes.malformed = true;
            (b'%', piece)
        };
        out.push(byte);
        out.extend(rest.iter().map(spaced));
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
        ];
        for (raw, query, form) in cases {
            let text = format!("k={raw}");
            assert_eq!(parse(&text, Flavor::Query, 0).get("k"), Some(query), "{raw} in a query");
            assert_eq!(parse(&text, Flavor::Form, 0).get("k"), Some(form), "{raw} in a form");
        }
    }
}
