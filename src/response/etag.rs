//! The ETag of Next.js, and its comparison with the client's copy.

use super::payload::Payload;
use http::header::{CACHE_CONTROL, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};

/// Returns the ETag of a payload, or `None` for an empty payload or a stream.
///
/// It is a 64-bit FNV-1a hash over UTF-16 code units, folded to 52 bits, in base 36, and then the length in base
/// 36. Bytes are hashed as the JSON text of a Node `Buffer`, because that is what Next.js hashes.
pub(super) fn etag(payload: &Payload) -> Option<HeaderValue> {
    match payload {
        Payload::Text(text) | Payload::Json(text) => Fnv::new().text(text).finish(),
        Payload::Bytes(bytes) => Fnv::new().buffer(bytes).finish(),
        Payload::Empty | Payload::Stream(_) => None,
    }
}

/// How the JSON text of a Node `Buffer` begins and ends.
pub(super) const BUFFER: &[u8] = br#"{"type":"Buffer","data":"#;
pub(super) const BUFFER_END: &[u8] = b"]}";

/// The decimal digits of each byte, with leading zeros.
static DECIMAL: [[u8; 3]; 256] = {
    let mut table = [[0; 3]; 256];
    let mut byte = u8::MAX;
    while byte > 0 {
        table[byte as usize] = [b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10];
        byte -= 1;
    }
    table[0] = *b"000";
    table
};

/// The numbers of two digits in base 36.
static BASE_36: [[u8; 2]; 36 * 36] = {
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut table = [[0; 2]; 36 * 36];
    let mut number = 0;
    while number < table.len() {
        table[number] = [digits[number / 36], digits[number % 36]];
        number += 1;
    }
    table
};

/// A 64-bit FNV-1a hash over UTF-16 code units, and their number.
#[derive(Clone, Copy)]
pub(super) struct Fnv {
    hash: u64,
    units: u64,
}

impl Fnv {
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    pub(super) const fn new() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, units: 0 }
    }

    pub(super) fn units<T: Copy + Into<u64>>(self, units: &[T]) -> Self {
        let hash =
            units.iter().fold(self.hash, |hash, unit| (hash ^ (*unit).into()).wrapping_mul(Self::PRIME));
        Self { hash, units: self.units + units.len() as u64 }
    }

    /// Hashes text as UTF-16.
    ///
    /// The text is not validated again. It is UTF-8 unless a program has put other bytes into a [`Payload`], which get a
    /// tag, too.
    pub(super) fn text(self, mut utf8: &[u8]) -> Self {
        const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
        // In ASCII each byte is a code unit.
        if utf8.is_ascii() {
            return self.units(utf8);
        }
        let Self { mut hash, mut units } = self;
        let mut add = |unit: u32| {
            hash = (hash ^ u64::from(unit)).wrapping_mul(Self::PRIME);
            units += 1;
        };
        // The bytes of a character have six bits each; `marks` is what their high bits add to the sum.
        let char = |bytes: &[u8], marks| {
            let sum = bytes.iter().fold(0_u32, |sum, byte| (sum << 6).wrapping_add((*byte).into()));
            sum.wrapping_sub(marks)
        };
        loop {
            utf8 = match utf8 {
                [] => return Self { hash, units },
                [0..=0x7f, ..] => {
                    let word = utf8.first_chunk().map(|word| u64::from_le_bytes(*word) & HIGH_BITS);
                    let (ascii, rest) =
                        utf8.split_at(word.map_or(1, |bits| bits.trailing_zeros() as usize / 8));
                    for byte in ascii {
                        add((*byte).into());
                    }
                    rest
                }
                [a @ 0..=0xdf, b, rest @ ..] => {
                    add(char(&[*a, *b], 0x3080));
                    rest
                }
                [0..=0xef, _, _, ..] => {
                    // One such character rarely stands alone, nor does one of four bytes.
                    let mut text = utf8;
                    while let [a @ 0xe0..=0xef, b, c, rest @ ..] = text {
                        add(char(&[*a, *b, *c], 0xe_2080));
                        text = rest;
                    }
                    text
                }
                [_, _, _, _, ..] => {
                    let mut text = utf8;
                    while let [a @ 0xf0..=0xff, b, c, d, rest @ ..] = text {
                        let char = char(&[*a, *b, *c, *d], 0x3c8_2080);
                        add(0xd7c0 + (char >> 10));
                        add(0xdc00 | char & 0x3ff);
                        text = rest;
                    }
                    text
                }
                // The text ends within a character.
                [byte, rest @ ..] => {
                    add((*byte).into());
                    rest
                }
            }
        }
    }

    /// Hashes `{"type":"Buffer","data":[1,2,3]}` without writing it.
    fn buffer(self, bytes: &[u8]) -> Self {
        let start = self.units(BUFFER);
        let data = if bytes.is_empty() { start.units(b"[") } else { start.numbers(b'[', bytes) };
        data.units(BUFFER_END)
    }

    /// Hashes numbers, with a character before the first and commas before the others.
    pub(super) fn numbers(self, before: u8, bytes: &[u8]) -> Self {
        let Some((first, rest)) = bytes.split_first() else { return self };
        rest.iter().fold(self.number(before, *first), |fnv, byte| fnv.number(b',', *byte))
    }

    /// Hashes a character, and then the decimal digits of a byte.
    fn number(self, before: u8, byte: u8) -> Self {
        let [hundreds, tens, ones] = DECIMAL[usize::from(byte)];
        match byte {
            100.. => self.units(&[before, hundreds, tens, ones]),
            10.. => self.units(&[before, tens, ones]),
            _ => self.units(&[before, ones]),
        }
    }

    pub(super) fn finish(self) -> Option<HeaderValue> {
        const PAIRS: u64 = 36 * 36;
        let hash = self.hash;
        let folded = (hash & 0x000f_ffff_ffff_0000) | ((hash & 0xffff) ^ (hash >> 52));
        // Two quotes, 12 digits for 52 bits and 14 for 64 bits. The buffer is filled from its end, with two digits at a time.
        let mut buffer = [b'"'; 28];
        let mut start = buffer.len() - 1;
        for mut number in [self.units, folded] {
            loop {
                let digits = BASE_36[(number % PAIRS) as usize];
                start -= digits.len();
                buffer[start..start + digits.len()].copy_from_slice(&digits);
                number /= PAIRS;
                if number == 0 {
                    start += usize::from(digits[0] == b'0');
                    break;
                }
            }
        }
        start -= 1;
        buffer[start] = b'"';
        HeaderValue::from_bytes(&buffer[start..]).ok()
    }
}

/// Returns whether the client's copy has this ETag. Weak and strong tags are treated alike.
pub(super) fn is_fresh(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let lists = || request.get_all(IF_NONE_MATCH).iter();
    let Some(first) = request.get(IF_NONE_MATCH) else { return false };
    // As in the npm package `fresh`, a copy with a date is stale, because an API route has no `Last-Modified` to
    // compare.
    let dated = request.get(IF_MODIFIED_SINCE).is_some_and(|date| !date.is_empty());
    if dated || request.get_all(CACHE_CONTROL).iter().any(is_no_cache) {
        return false;
    }
    if first == "*" && lists().nth(1).is_none() {
        return true;
    }
    let etag = etag.as_bytes();
    let is_ours = |tag: &[u8]| tag == etag || tag.strip_prefix(b"W/").is_some_and(|tag| tag == etag);
    let mut tags = lists().flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
    tags.any(|tag| is_ours(trim_spaces(tag)))
}

/// Matches `(?:^|,)\s*?no-cache\s*?(?:,|$)`, as `fresh` does.
fn is_no_cache(value: &HeaderValue) -> bool {
    value.as_bytes().split(|byte| *byte == b',').any(|part| part.trim_ascii() == b"no-cache")
}

/// Trims spaces only, unlike `trim_ascii`: a tab is a part of the tag.
fn trim_spaces(mut tag: &[u8]) -> &[u8] {
    while let [b' ', rest @ ..] | [rest @ .., b' '] = tag {
        tag = rest;
    }
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_those_of_next() {
        // Recorded from Next.js 16.2.2.
        let cases = [
            (Payload::from("x"), "\"ayxe2glzap1\""),
            (Payload::from("😀"), "\"c26v2dkjuu2\""),
            (Payload::from("later"), "\"jpozuv147b5\""),
            (Payload::from("</script>"), "\"17joq0sme6f9\""),
            (Payload::Json("{\"message\":\"Hello from Next.js!\"}".into()), "\"x0q7xhtzoxx\""),
            (Payload::Bytes(vec![0, 1, 2].into()), "\"eqgg3ry2f1w\""),
            (Payload::Bytes("hello".into()), "\"oz0m456qsl1a\""),
        ];
        for (payload, tag) in cases {
            assert_eq!(etag(&payload).unwrap(), tag);
        }
        assert_eq!(etag(&Payload::Empty), None);
    }

    #[test]
    fn freshness_is_that_of_npm() {
        let cases: &[(&str, Option<&str>, bool)] = &[
            ("\"t\"", None, true),
            ("W/\"t\"", None, true),
            ("w/\"t\"", None, false),
            ("\"a\",W/\"t\" , \"b\"", None, true),
            ("\"a\", \"b\"", None, false),
            ("t", None, false),
            ("", None, false),
            ("*", None, true),
            ("\"t\"", Some("no-cache"), false),
            ("\"t\"", Some("max-age=0, no-cache"), false),
            ("\"t\"", Some("No-Cache"), true),
            ("\"t\"", Some("no-cache=\"x\""), true),
            ("\"t\"", Some("max-age=0"), true),
        ];
        for (list, cache_control, fresh) in cases {
            let mut headers = HeaderMap::from_iter([(IF_NONE_MATCH, list.parse().unwrap())]);
            headers.extend(cache_control.map(|value| (CACHE_CONTROL, HeaderValue::from_static(value))));
            let etag = HeaderValue::from_static("\"t\"");
            assert_eq!(is_fresh(&headers, &etag), *fresh, "{list} {cache_control:?}");
        }
    }
}
