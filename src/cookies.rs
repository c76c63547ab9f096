//! Request cookies, parsed as by the npm package `cookie`.

use crate::query::{Firsts, Multimap};
use crate::text::percent::decode;
use http::HeaderMap;
use http::header::COOKIE;
use serde::ser::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::iter::FusedIterator;
use std::ops::Range;

/// The request's cookies: `req.cookies` of Next.js.
///
/// If two cookies have the same name, the first one counts. Quotes around a value are removed. A value is
/// percent-decoded, or kept as it is if it cannot be decoded. Several `Cookie` headers are read as one.
///
/// Two `Cookies` are equal if they have the same names with the same values. The order of the names does not matter.
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
pub struct Cookies(
    /// The text has each header as received, followed by the values that were decoded.
    Multimap,
);

impl Cookies {
    /// Parses the `Cookie` headers.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let mut pairs = Multimap::default();
        for header in headers.get_all(COOKIE) {
            // Node reads headers as Latin-1: each byte is a character.
            let text = crate::text::latin1::decode(header.as_bytes());
            if pairs.is_empty() {
                // Decoded values are no longer than encoded ones.
                pairs = Multimap::with_capacity(2 * text.len(), 8);
            }
            let header = pairs.append(&text);
            read(&mut pairs, header);
        }
        Self(pairs.linked())
    }

    /// Returns the value of a cookie.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.position(name).map(|i| self.0.value(i))
    }

    /// Returns an iterator over the cookies, in the order of the headers.
    pub fn iter(&self) -> Iter<'_> {
        Iter { map: &self.0, order: self.0.firsts() }
    }

    /// Returns the number of cookies.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether the request has no cookies.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Parses one header, which is in the text already. Its separators are ASCII, so it can be split as bytes.
fn read(pairs: &mut Multimap, header: Range<usize>) {
    let mut rest = header;
    while !rest.is_empty() {
        let text = &pairs.text().as_bytes()[..rest.end];
        let position = |range: &Range<usize>, at| {
            let found = text[range.clone()].iter().position(|byte| *byte == at);
            found.map(|offset| range.start + offset)
        };
        let part = rest.start..position(&rest, b';').unwrap_or(rest.end);
        rest.start = rest.end.min(part.end + 1);
        let Some(middle) = position(&part, b'=') else { continue };
        let (name, value) = (trim(text, part.start..middle), trim(text, middle + 1..part.end));
        let value = decoded(pairs, value);
        pairs.push_ranges(name, value);
    }
}

/// Returns the range of the decoded value, appending it to the text if it differs from the raw one.
fn decoded(pairs: &mut Multimap, raw: Range<usize>) -> Range<usize> {
    let mut value = &pairs.text()[raw.clone()];
    if let Some(quoted) = value.strip_prefix('"') {
        // As npm's `slice(1, -1)`, this removes the last character even if it is not a quote.
        value = quoted.char_indices().next_back().map_or("", |(last, _)| &quoted[..last]);
    }
    match decode(value) {
        Some(Cow::Owned(decoded)) => pairs.append(&decoded),
        _ if value.len() == raw.len() => raw,
        _ => raw.start + 1..raw.start + 1 + value.len(),
    }
}

/// Trims as JavaScript's `trim`. Of its white space a header can have spaces, tabs and U+00A0.
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

impl<'a> IntoIterator for &'a Cookies {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Iterator over the names and values of [`Cookies`]; see [`Cookies::iter`].
#[derive(Clone)]
pub struct Iter<'a> {
    map: &'a Multimap,
    order: Firsts<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.order.next().map(|i| (self.map.name(i), self.map.value(i)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.order.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

/// Shows the names only, because values are often secrets.
impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.clone().map(|(name, _)| name)).finish()
    }
}

/// Shows the names only, because values are often secrets.
impl fmt::Debug for Cookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.iter().fmt(f)
    }
}

impl PartialEq for Cookies {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl Eq for Cookies {}

/// Serializes in the order of a JavaScript object: names that are whole numbers first, in numeric order.
impl Serialize for Cookies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.object_order().map(|i| (self.0.name(i), self.0.value(i))))
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
    fn cookies_are_read_by_name_in_every_way() {
        type Case<'a> = (&'a str, &'a [(&'a str, &'a str)]);
        let cases: &[Case<'_>] = &[
            ("", &[]),
            ("a", &[]),
            ("a=", &[("a", "")]),
            ("b=2; a=1; b=3", &[("b", "2"), ("a", "1")]),
            ("2=x; 1=y; a=\"%20\"", &[("2", "x"), ("1", "y"), ("a", " ")]),
        ];
        for (header, pairs) in cases {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(header))]);
            let cookies = Cookies::from_headers(&headers);
            assert_eq!((cookies.len(), cookies.is_empty()), (pairs.len(), pairs.is_empty()), "{header}");
            assert_eq!(cookies.iter().collect::<Vec<_>>(), *pairs, "{header}");
            assert_eq!((&cookies).into_iter().collect::<Vec<_>>(), *pairs, "{header}");
            let mut rest = cookies.iter();
            for left in (0..pairs.len()).rev() {
                assert_eq!((rest.next().is_some(), rest.len()), (true, left), "{header}");
            }
            assert_eq!((rest.next(), rest.next(), rest.size_hint()), (None, None, (0, Some(0))), "{header}");
            for (name, value) in *pairs {
                assert_eq!(cookies.get(name), Some(*value), "{header}");
            }
            assert_eq!(cookies.get("none"), None, "{header}");
        }
        assert!(Cookies::from_headers(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn many_cookies_are_read_once_each() {
        let header = (0..1000).map(|i| format!("c{}={i}", i % 100)).collect::<Vec<_>>().join("; ");
        let cookies = Cookies::from_headers(&HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]));
        assert_eq!((cookies.len(), cookies.get("c42")), (100, Some("42")));
        assert_eq!((cookies.iter().len(), cookies.iter().last()), (100, Some(("c99", "99"))));
    }

    #[test]
    fn the_order_of_cookies_does_not_count() {
        let cookies =
            |text| Cookies::from_headers(&HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(text))]));
        let cases = [
            ("a=1; b=2", "b=2; a=1", true),
            ("a=1; b=2; a=3", "b=2; a=1", true),
            ("a=1", "a=2", false),
            ("a=1", "a=1; b=2", false),
            ("a=1; b=2", "a=1; c=2", false),
        ];
        for (a, b, equal) in cases {
            assert_eq!(cookies(a) == cookies(b), equal, "{a} {b}");
            assert_eq!(cookies(b) == cookies(a), equal, "{b} {a}");
        }
    }
}
