//! Hop-by-hop headers, and headers that differ between versions of HTTP.

use crate::client_headers::{is_option, tokens};
use http::header::{
    CONNECTION, CONTENT_LENGTH, COOKIE, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRANSFER_ENCODING,
    UPGRADE, VIA,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Which headers a message has, of those that a proxy reads or removes. One pass over the names is cheaper than looking
/// each of them up.
#[allow(clippy::struct_excessive_bools)] // a set
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Present {
    connection: bool,
    pub(super) cookie: bool,
    pub(super) te: bool,
    pub(super) transfer_encoding: bool,
    pub(super) upgrade: bool,
    pub(super) via: bool,
    /// Other hop-by-hop headers.
    other: bool,
}

impl Present {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut present = Self::default();
        for name in headers.keys() {
            match *name {
                CONNECTION => present.connection = true,
                COOKIE => present.cookie = true,
                TE => present.te = true,
                TRANSFER_ENCODING => present.transfer_encoding = true,
                UPGRADE => present.upgrade = true,
                VIA => present.via = true,
                _ => present.other |= is_other(name),
            }
        }
        present
    }
}

/// Returns whether a header is hop-by-hop even if `Connection` does not name it, besides the more frequent ones.
fn is_other(name: &HeaderName) -> bool {
    matches!(*name, PROXY_AUTHENTICATE | PROXY_AUTHORIZATION)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
}

/// Removes the hop-by-hop headers. Returns whether one of them was named by `Connection` only, which the server or its
/// outermost layer would have removed from a request.
pub(super) fn remove_hop_by_hop(headers: &mut HeaderMap, present: Present) -> bool {
    let Present { connection, cookie: _, te, transfer_encoding, upgrade, via: _, other } = present;
    let mut names = Vec::new();
    if other {
        names.extend(headers.keys().filter(|name| is_other(name)).cloned());
    }
    let known = names.len();
    if connection {
        // `Host` belongs to the request, whatever the client says.
        let named = tokens(headers, &CONNECTION).filter(|token| !is_option(token));
        names.extend(named.filter_map(|name| HeaderName::from_bytes(name).ok()));
    }
    let is_named = names.len() > known;
    // A length next to a transfer coding is invalid (RFC 9112, 6.3), but the next recipient would trust it.
    let others = [(connection, CONNECTION), (te, TE), (upgrade, UPGRADE)];
    let codings = [(transfer_encoding, TRANSFER_ENCODING), (transfer_encoding, CONTENT_LENGTH)];
    names.extend(others.into_iter().chain(codings).filter_map(|(is_there, name)| is_there.then_some(name)));
    for name in names {
        headers.remove(name);
    }
    is_named
}

/// Returns whether the body has a transfer coding that hyper does not decode: it decodes only `chunked`.
pub(super) fn has_unknown_coding(headers: &HeaderMap) -> bool {
    tokens(headers, &TRANSFER_ENCODING).any(|coding| !coding.eq_ignore_ascii_case(b"chunked"))
}

/// Returns whether a response has at most one `Content-Length`, and that one is a number.
pub(super) fn has_valid_length(headers: &HeaderMap) -> bool {
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let Some(length) = lengths.next() else { return true };
    // `parse` would take a sign.
    let is_number = length.to_str().is_ok_and(|text| !text.starts_with('+') && text.parse::<u64>().is_ok());
    is_number && lengths.next().is_none()
}

/// Joins the `Cookie` headers, of which an HTTP/2 request can have several (RFC 9113, 8.2.3).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    if headers.get_all(COOKIE).iter().nth(1).is_none() {
        return;
    }
    let crumbs: Vec<_> = headers.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if let Ok(cookie) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..])) {
        headers.insert(COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn headers_of_the_connection_are_removed() {
        let mut headers = map(&[
            ("connection", "keep-alive, X-Own"),
            ("connection", "x-second, , not a name"),
            ("x-own", "1"),
            ("x-second", "1"),
            ("keep-alive", "timeout=5"),
            ("proxy-connection", "keep-alive"),
            ("proxy-authenticate", "Basic"),
            ("proxy-authorization", "Basic x"),
            ("te", "trailers"),
            ("upgrade", "h2c"),
            ("http2-settings", "AAMAAABk"),
            ("transfer-encoding", "chunked"),
            ("content-length", "5"),
            ("trailer", "x-checksum"),
            ("x-kept", "1"),
        ]);
        let present = Present::of(&headers);
        assert!(remove_hop_by_hop(&mut headers, present));
        assert_eq!(headers, map(&[("trailer", "x-checksum"), ("x-kept", "1")]));
    }

    #[test]
    fn options_of_a_connection_are_no_headers() {
        for (options, named) in
            [("close", false), ("keep-alive, TE", false), ("Upgrade", false), ("close, x-own", true)]
        {
            let mut headers = map(&[("x-own", "1"), ("close", "1")]);
            headers.insert(CONNECTION, HeaderValue::from_static(options));
            let present = Present::of(&headers);
            assert_eq!(remove_hop_by_hop(&mut headers, present), named, "{options}");
            assert_eq!(headers.len(), if named { 1 } else { 2 }, "{options}: {headers:?}");
        }
    }

    #[test]
    fn only_chunked_is_decoded() {
        let cases: [(&[(&str, &str)], bool); 5] = [
            (&[], false),
            (&[("transfer-encoding", "Chunked")], false),
            (&[("transfer-encoding", "gzip, chunked")], true),
            (&[("transfer-encoding", "gzip"), ("transfer-encoding", "chunked")], true),
            (&[("content-encoding", "gzip")], false),
        ];
        for (pairs, unknown) in cases {
            assert_eq!(has_unknown_coding(&map(pairs)), unknown, "{pairs:?}");
        }
    }

    #[test]
    fn cookies_become_one_header() {
        let cases: [(&[(&str, &str)], &[&str]); 3] = [
            (&[], &[]),
            (&[("cookie", "a=1; b=2")], &["a=1; b=2"]),
            (&[("cookie", "a=1"), ("x-other", "x"), ("cookie", "b=2")], &["a=1; b=2"]),
        ];
        for (pairs, expected) in cases {
            let mut headers = map(pairs);
            join_cookies(&mut headers);
            assert_eq!(headers.get_all(COOKIE).iter().collect::<Vec<_>>(), expected, "{pairs:?}");
        }
    }
}
