//! Next.js's ETag, and whether the client has it already.

use super::payload::Payload;
use http::header::{CACHE_CONTROL, IF_MODIFIED_SINCE, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue};

/// The ETag of a payload; none for one whose bytes are not known.
///
/// 64-bit FNV-1a over UTF-16 code units, folded to 52 bits, in base 36, then the length in base 36. Bytes are hashed as
/// the JSON text of a Node `Buffer`, because that is what Next.js hashes.
pub(super) fn etag(payload: &Payload) -> Option<HeaderValue> {
    let mut hash = Fnv::new();
    match payload {
        Payload::Text(text) | Payload::Json(text) => hash.text(text),
        Payload::Bytes(bytes) => hash.buffer(bytes),
        Payload::Empty | Payload::Stream(_) => return None,
    }
    hash.finish()
}

/// Every pair of digits in base 36: a division for two digits, which is 100 instructions a tag less than one for each.
const PAIRS: [[u8; 2]; 36 * 36] = {
    let digits = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut pairs = [[0; 2]; 36 * 36];
    let mut i = 0;
    while i < pairs.len() {
        pairs[i] = [digits[i / 36], digits[i % 36]];
        i += 1;
    }
    pairs
};

struct Fnv {
    hash: u64,
    units: u64,
}

impl Fnv {
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    const fn new() -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, units: 0 }
    }

    fn unit(&mut self, unit: u16) {
        self.hash = (self.hash ^ u64::from(unit)).wrapping_mul(Self::PRIME);
    }

    /// ASCII runs byte by byte without counting: 3 instructions each.
    fn ascii(&mut self, bytes: &[u8]) {
        let mut hash = self.hash;
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(Self::PRIME);
        }
        self.hash = hash;
        self.units += bytes.len() as u64;
    }

    fn text(&mut self, utf8: &[u8]) {
        if utf8.is_ascii() {
            return self.ascii(utf8);
        }
        for unit in String::from_utf8_lossy(utf8).encode_utf16() {
            self.unit(unit);
            self.units += 1;
        }
    }

    /// `{"type":"Buffer","data":[1,2,3]}`, without writing it.
    fn buffer(&mut self, bytes: &[u8]) {
        self.ascii(br#"{"type":"Buffer","data":["#);
        for (i, &byte) in bytes.iter().enumerate() {
            if i > 0 {
                self.ascii(b",");
            }
            let digits = [b'0' + byte / 100, b'0' + byte / 10 % 10, b'0' + byte % 10];
            self.ascii(
                &digits[if byte >= 100 {
                    0
                } else if byte >= 10 {
                    1
                } else {
                    2
                }..],
            );
        }
        self.ascii(b"]}");
    }

    fn finish(&self) -> Option<HeaderValue> {
        let hash = self.hash;
        let folded = (hash & 0x000f_ffff_ffff_0000) | ((hash & 0xffff) ^ (hash >> 52));
        // 52 bits are 11 digits in base 36 and a length up to 2^64 is 13, each a zero more in pairs, and two quotes.
        let mut buffer = [b'"'; 27];
        let mut start = buffer.len() - 1;
        for mut number in [self.units, folded] {
            loop {
                start -= 2;
                buffer[start..start + 2].copy_from_slice(&PAIRS[(number % (36 * 36)) as usize]);
                if number < 36 * 36 {
                    break;
                }
                number /= 36 * 36;
            }
            // The zero in front of a single digit is written over.
            start += usize::from(number < 36);
        }
        start -= 1;
        buffer[start] = b'"';
        HeaderValue::from_bytes(&buffer[start..]).ok()
    }
}

/// Whether the client's copy is this one; weak and strong tags count alike.
pub(super) fn is_fresh(request: &HeaderMap, etag: &HeaderValue) -> bool {
    let lists = || request.get_all(IF_NONE_MATCH).iter();
    let Some(first) = request.get(IF_NONE_MATCH) else { return false };
    // npm's `fresh`: a date beside the list, of which an API route never has one, makes the copy stale.
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

/// `(?:^|,)\s*?no-cache\s*?(?:,|$)`
fn is_no_cache(value: &HeaderValue) -> bool {
    value.as_bytes().split(|byte| *byte == b',').any(|part| part.trim_ascii() == b"no-cache")
}

/// Spaces only, unlike `trim_ascii`: a tab is a part of the tag.
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
    fn a_clients_copy_is_fresh_as_npm_sees_it() {
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
