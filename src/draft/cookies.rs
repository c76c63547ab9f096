//! Reads the two cookies as Next.js does. Its rules differ from those of `req.cookies`: the last cookie of a name
//! counts, quotes are kept, and a cookie with a malformed escape counts as absent.

use super::{BYPASS_COOKIE, DATA_COOKIE};
use crate::text::latin1;
use crate::text::percent::decode;
use http::HeaderMap;
use http::header::COOKIE;

/// The two cookies of a request. An empty one counts as absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PreviewCookies {
    pub(super) id: Option<String>,
    pub(super) token: Option<String>,
}

impl PreviewCookies {
    /// Returns `None` for a request with neither of the cookies.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        Some(Self::read(headers)).filter(|cookies| *cookies != Self::default())
    }

    fn read(headers: &HeaderMap) -> Self {
        let mut cookies = Self::default();
        for header in headers.get_all(COOKIE) {
            let text = latin1::decode(header.as_bytes());
            for (i, pair) in text.split(';').enumerate() {
                // Only spaces after a semicolon are removed.
                let pair = if i == 0 { pair } else { pair.trim_start_matches(' ') };
                let (name, value) = pair.split_once('=').unwrap_or((pair, "true"));
                let value_of = match name {
                    BYPASS_COOKIE => &mut cookies.id,
                    DATA_COOKIE => &mut cookies.token,
                    _ => continue,
                };
                if let Some(value) = decode(value) {
                    *value_of = Some(value.into_owned());
                }
            }
        }
        let Self { id, token } = cookies;
        let given = |value: &String| !value.is_empty();
        Self { id: id.filter(given), token: token.filter(given) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_two_cookies_are_read_as_by_next() {
        type Case<'a> = (&'a [&'a [u8]], Option<&'a str>, Option<&'a str>);
        let cases: &[Case<'_>] = &[
            (&[], None, None),
            (&[b"a=1; b=2"], None, None),
            (&[b"__prerender_bypass=x"], Some("x"), None),
            (&[b"__prerender_bypass=x;__next_preview_data=y"], Some("x"), Some("y")),
            (&[b"__prerender_bypass=x", b"__next_preview_data=y"], Some("x"), Some("y")),
            (&[b"__prerender_bypass=x; __prerender_bypass=y"], Some("y"), None),
            (&[b"__prerender_bypass=x; __prerender_bypass=%ZZ"], Some("x"), None),
            (&[b"__prerender_bypass=x; __prerender_bypass="], None, None),
            (&[b"__prerender_bypass=\"x\""], Some("\"x\""), None),
            (&[b"__prerender_bypass=%78+"], Some("x+"), None),
            (&[b"__prerender_bypass=%"], None, None),
            (&[b"__prerender_bypass= x"], Some(" x"), None),
            (&[b"__prerender_bypass=x ; a=1"], Some("x "), None),
            (&[b"__prerender_bypass =x"], None, None),
            (&[b"a=1;  __prerender_bypass=x"], Some("x"), None),
            (&[b"a=1;\t__prerender_bypass=x"], None, None),
            (&[b"a=1, __prerender_bypass=x"], None, None),
            (&[b";;__prerender_bypass=x;;"], Some("x"), None),
            (&[b"__prerender_bypass=x=y="], Some("x=y="), None),
            (&[b"__prerender_bypass; __next_preview_data"], Some("true"), Some("true")),
            (&[b"__Prerender_Bypass=x; %5F%5Fprerender_bypass=x"], None, None),
            (&[b"caf\xe9=1; __prerender_bypass=\xe9"], Some("é"), None),
        ];
        for (headers, id, token) in cases {
            let map = headers.iter().map(|value| (COOKIE, HeaderValue::from_bytes(value).unwrap())).collect();
            let PreviewCookies { id: got, token: got_token } = PreviewCookies::read(&map);
            assert_eq!((got.as_deref(), got_token.as_deref()), (*id, *token), "{headers:?}");
        }
    }
}
