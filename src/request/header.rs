//! Returns a request's header as text, as Node does.

use crate::text::latin1;
use http::header::{
    AGE, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, ETAG, EXPIRES, FROM, HOST, HeaderName,
    IF_MODIFIED_SINCE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, LOCATION, MAX_FORWARDS, PROXY_AUTHORIZATION,
    REFERER, RETRY_AFTER, SERVER, USER_AGENT,
};
use http::{HeaderMap, HeaderValue};
use std::borrow::Cow;

/// The headers of which Node keeps the first value and drops the others.
const SINGLE: [HeaderName; 18] = [
    AGE,
    AUTHORIZATION,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    ETAG,
    EXPIRES,
    FROM,
    HOST,
    IF_MODIFIED_SINCE,
    IF_UNMODIFIED_SINCE,
    LAST_MODIFIED,
    LOCATION,
    MAX_FORWARDS,
    PROXY_AUTHORIZATION,
    REFERER,
    RETRY_AFTER,
    SERVER,
    USER_AGENT,
];

/// Returns the text of a header, its values joined as [Node joins them](https://nodejs.org/api/http.html#messageheaders).
pub(super) fn joined<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cow<'a, str>> {
    let mut values = headers.get_all(name).iter();
    let first = text(values.next()?);
    let mut others = values.peekable();
    if others.peek().is_none() || SINGLE.iter().any(|single| name.eq_ignore_ascii_case(single.as_str())) {
        return Some(first);
    }
    let separator = if name.eq_ignore_ascii_case(COOKIE.as_str()) { "; " } else { ", " };
    let joined = others.fold(first.into_owned(), |joined, value| joined + separator + &text(value));
    Some(joined.into())
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    latin1::decode(value.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded from Node 20.
    #[test]
    fn repeated_headers_are_joined_as_in_node() {
        type Case<'a> = (&'a str, &'a [&'a [u8]], Option<&'a str>);
        let cases: &[Case<'_>] = &[
            ("x-a", &[], None),
            ("x-a", &[b"1"], Some("1")),
            ("X-A", &[b"1", b"2"], Some("1, 2")),
            ("x-forwarded-for", &[b"6.6.6.6", b"1.1.1.1, 2.2.2.2"], Some("6.6.6.6, 1.1.1.1, 2.2.2.2")),
            ("x-a", &[b"", b"2", b""], Some(", 2, ")),
            ("cookie", &[b"a=1", b"b=2; c=3"], Some("a=1; b=2; c=3")),
            ("accept", &[b"a/b", b"c/d"], Some("a/b, c/d")),
            ("date", &[b"1", b"2"], Some("1, 2")),
            ("if-none-match", &[b"1", b"2"], Some("1, 2")),
            ("Host", &[b"one", b"two"], Some("one")),
            ("authorization", &[b"Basic a", b"Basic b"], Some("Basic a")),
            ("User-Agent", &[b"", b"x"], Some("")),
            ("x-l", &[b"caf\xe9"], Some("caf\u{e9}")),
            ("x-u", &[b"\xc3\xa9", b"\xe9"], Some("\u{c3}\u{a9}, \u{e9}")),
        ];
        for (name, values, text) in cases {
            let mut headers = HeaderMap::new();
            let key: HeaderName = name.parse().unwrap();
            for value in *values {
                headers.append(key.clone(), HeaderValue::from_bytes(value).unwrap());
            }
            assert_eq!(joined(&headers, name).as_deref(), *text, "{name} {values:?}");
        }
        for name in SINGLE {
            let headers = ["1", "2"].map(|value| (name.clone(), HeaderValue::from_static(value)));
            let headers = headers.into_iter().fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            });
            assert_eq!(joined(&headers, name.as_str()).as_deref(), Some("1"), "{name}");
        }
    }
}
