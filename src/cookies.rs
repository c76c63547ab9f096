//! Cookies as the npm package `cookie` reads them.

use crate::query::as_in_an_object;
use crate::text::percent::decode;
use http::HeaderMap;
use http::header::COOKIE;
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// The request's cookies: `req.cookies` of Next.js.
///
/// The first of two cookies with one name wins, quotes around a value are taken off, and a value is percent-decoded, or
/// left as it is where that fails. Several `Cookie` headers count as one.
///
/// ```
/// use http::{HeaderMap, HeaderValue, header::COOKIE};
/// use tower_api_routes::Cookies;
///
/// let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static("a=1; b=\"x%20y\"; a=2"))]);
/// let cookies = Cookies::from_headers(&headers);
/// assert_eq!(cookies.get("a"), Some("1"));
/// assert_eq!(cookies.get("b"), Some("x y"));
/// ```
#[derive(Clone, Default)]
pub struct Cookies {
    /// The headers as they came and, behind each, what was decoded of it: two allocations, however many cookies there are.
    text: String,
    /// Where the names and the values stand.
    pairs: Vec<(Range<usize>, Range<usize>)>,
}

impl Cookies {
    /// Reads the `Cookie` headers.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut cookies = Self::default();
        let mut names = Names::default();
        for header in headers.get_all(COOKIE) {
            let start = cookies.text.len();
            // Node reads headers as Latin-1: a byte is a character.
            let text = crate::text::latin1::decode(header.as_bytes());
            // A decoded value is not longer than its escapes. To grow for it later costs 300 instructions.
            cookies.text.reserve(2 * text.len());
            cookies.text.push_str(&text);
            cookies.read(start..cookies.text.len(), &mut names);
        }
        cookies
    }

    /// Over the bytes, which are cut at ASCII characters only: 170 instructions less for three cookies than `str::split`.
    fn read(&mut self, header: Range<usize>, names: &mut Names) {
        let mut rest = header;
        while !rest.is_empty() {
            let text = &self.text.as_bytes()[..rest.end];
            let position = |range: &Range<usize>, at| {
                let found = text[range.clone()].iter().position(|byte| *byte == at);
                found.map(|offset| range.start + offset)
            };
            let part = rest.start..position(&rest, b';').unwrap_or(rest.end);
            rest.start = rest.end.min(part.end + 1);
            let Some(middle) = position(&part, b'=') else { continue };
            let (name, value) = (trim(text, part.start..middle), trim(text, middle + 1..part.end));
            if !names.know(self, &name) {
                let value = self.decode(value);
                self.pairs.push((name, value));
            }
        }
    }

    /// Where the value stands once it is decoded.
    fn decode(&mut self, raw: Range<usize>) -> Range<usize> {
        let mut value = &self.text[raw.clone()];
        if let Some(quoted) = value.strip_prefix('"') {
            // npm's `slice(1, -1)`: the last character goes, whatever it is.
            value = quoted.char_indices().next_back().map_or("", |(last, _)| &quoted[..last]);
        }
        match decode(value) {
            Some(Cow::Owned(decoded)) => {
                let start = self.text.len();
                self.text.push_str(&decoded);
                start..self.text.len()
            }
            _ if value.len() == raw.len() => raw,
            _ => raw.start + 1..raw.start + 1 + value.len(),
        }
    }

    fn position(&self, name: &[u8]) -> Option<usize> {
        let text = self.text.as_bytes();
        self.pairs.iter().position(|(known, _)| text.get(known.clone()) == Some(name))
    }

    /// The value of a cookie.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.position(name.as_bytes()).map(|i| &self.text[self.pairs[i].1.clone()])
    }

    /// Every cookie, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let text = |range: &Range<usize>| &self.text[range.clone()];
        self.pairs.iter().map(move |(name, value)| (text(name), text(value)))
    }

    /// The number of cookies.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Whether the request has none.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// Equal if they have the same cookies in the same order.
impl PartialEq for Cookies {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Cookies {}

/// The names of many cookies; of few there is no need to keep a list.
#[derive(Default)]
struct Names(HashSet<Box<[u8]>>);

impl Names {
    /// From here on a set of names is cheaper than looking through the cookies.
    const MANY: usize = 32;

    /// Whether a cookie of this name was read before.
    fn know(&mut self, cookies: &Cookies, name: &Range<usize>) -> bool {
        let text = |range: &Range<usize>| &cookies.text.as_bytes()[range.clone()];
        if cookies.len() < Self::MANY {
            return cookies.position(text(name)).is_some();
        }
        if self.0.is_empty() {
            self.0.extend(cookies.pairs.iter().map(|(name, _)| text(name).into()));
        }
        !self.0.insert(text(name).into())
    }
}

/// JavaScript's `trim`, of what a header can have: spaces, tabs and U+00A0.
fn trim(text: &[u8], mut range: Range<usize>) -> Range<usize> {
    loop {
        match text[range.clone()] {
            [b' ' | b'\t', ..] => range.start += 1,
            [.., b' ' | b'\t'] => range.end -= 1,
            [0xc2, 0xa0, ..] => range.start += 2,
            [.., 0xc2, 0xa0] => range.end -= 2,
            _ => return range,
        }
    }
}

impl fmt::Debug for Cookies {
    /// The names only: values are often secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

/// In a JavaScript object's order: names that are whole numbers first, by their value.
impl Serialize for Cookies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(as_in_an_object(self.iter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn parse(headers: &[&[u8]]) -> String {
        let header = |value: &&[u8]| (COOKIE, HeaderValue::from_bytes(value).unwrap());
        serde_json::to_string(&Cookies::from_headers(&headers.iter().map(header).collect())).unwrap()
    }

    #[test]
    fn cookies_are_read_as_in_next() {
        let cases: &[(&[&[u8]], &str)] = &[
            (&[b"a=1; b=2"], r#"{"a":"1","b":"2"}"#),
            (&[b"a=1;;b=2"], r#"{"a":"1","b":"2"}"#),
            (&[b"a=1; b"], r#"{"a":"1"}"#),
            (&[b"=1"], r#"{"":"1"}"#),
            (&[b"a=%ZZ"], r#"{"a":"%ZZ"}"#),
            (&[b"a=%22q%22"], r#"{"a":"\"q\""}"#),
            (&[b"a=\"q w\""], r#"{"a":"q w"}"#),
            (&[b"a=\"abc"], r#"{"a":"ab"}"#),
            (&[b"a=\""], r#"{"a":""}"#),
            (&[b"a=+"], r#"{"a":"+"}"#),
            (&[b"a=caf\xe9"], r#"{"a":"café"}"#),
            (&[b"a=1", b"b=2; a=3"], r#"{"a":"1","b":"2"}"#),
            (&[b"a=b=c"], r#"{"a":"b=c"}"#),
            (&[b"b=4; 10=a; 2=5; 01=c"], r#"{"2":"5","10":"a","b":"4","01":"c"}"#),
            (&[b" \ta\xa0=\xa0 1 \t;b= \x85"], "{\"a\":\"1\",\"b\":\"\u{85}\"}"),
        ];
        for (headers, json) in cases {
            assert_eq!(parse(headers), *json);
        }
    }

    #[test]
    fn many_cookies_are_read_once_each() {
        let header = (0..1000).map(|i| format!("c{}={i}", i % 100)).collect::<Vec<_>>().join("; ");
        let cookies = Cookies::from_headers(&HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]));
        assert_eq!((cookies.len(), cookies.get("c42")), (100, Some("42")));
    }
}
