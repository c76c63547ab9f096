//! Rewrites what an origin says about its own address into what the client has asked for.

use super::path::PathMap;
use crate::client::Origin;
use http::header::{CONTENT_LOCATION, HeaderName, LOCATION, REFRESH, SET_COOKIE};
use http::{HeaderMap, HeaderValue};

/// The way back: the origin's address and the client's.
pub(super) struct Back<'a> {
    pub(super) origin: &'a Origin,
    /// Whether the origin was asked for its own host.
    pub(super) is_other_host: bool,
    pub(super) scheme: &'static str,
    /// The client's host and port. Without them, a URL becomes a path.
    pub(super) host: Option<HeaderValue>,
    pub(super) paths: &'a PathMap,
}

impl Back<'_> {
    pub(super) fn rewrite(&self, headers: &mut HeaderMap) {
        for name in [LOCATION, CONTENT_LOCATION] {
            each(headers, &name, |value| self.url(value));
        }
        each(headers, &REFRESH, |value| self.refresh(value));
        if self.is_other_host {
            each(headers, &SET_COOKIE, |value| self.cookie(value));
        }
    }

    fn url(&self, url: &str) -> Option<String> {
        let Some((scheme, rest)) = with_host(url) else {
            // A path, of which a prefix may be the origin's.
            let is_mapped = url.starts_with('/') && !self.paths.is_empty();
            return is_mapped.then(|| self.paths.back(url));
        };
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let client = self.host.as_ref().and_then(|host| host.to_str().ok());
        let is_origin = self.is_other_host && self.origin.is(scheme, authority);
        let is_client = !self.paths.is_empty() && client == Some(authority);
        if !is_origin && !is_client {
            return None;
        }
        let path = self.paths.back(path);
        Some(match client {
            None if path.is_empty() => "/".into(),
            None => path,
            Some(host) if scheme.is_empty() => format!("//{host}{path}"),
            Some(host) => format!("{}://{host}{path}", self.scheme),
        })
    }

    /// Rewrites `5; url=http://origin/`, in which browsers need neither `url=` nor quotes.
    fn refresh(&self, value: &str) -> Option<String> {
        let (_, rest) = value.split_once([';', ','])?;
        let rest = rest.trim_start();
        let name = rest.get(..3).filter(|name| name.eq_ignore_ascii_case("url"));
        let named = name.and_then(|_| rest.get(3..)?.trim_start().strip_prefix('='));
        let url = named.unwrap_or(rest).trim_matches([' ', '"', '\'']);
        let at = value.rfind(url)?;
        Some(format!("{}{}{}", value.get(..at)?, self.url(url)?, value.get(at + url.len()..)?))
    }

    /// Rewrites the `Domain` of a cookie, which a browser would refuse.
    fn cookie(&self, cookie: &str) -> Option<String> {
        let client = self.host.as_ref().and_then(|host| host.to_str().ok());
        let client = client.and_then(host_of).filter(|host| !is_address(host));
        let mut is_changed = false;
        let attributes = cookie.split(';').enumerate().filter_map(|(place, attribute)| {
            let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            // The first is the cookie itself.
            if place == 0 || !name.trim().eq_ignore_ascii_case("domain") {
                return Some(attribute.to_owned());
            }
            let domain = value.trim().trim_start_matches('.');
            if client.is_some_and(|client| covers(domain, client)) || !covers(domain, self.origin.host()) {
                return Some(attribute.to_owned());
            }
            is_changed = true;
            // Without a name there is no `Domain`: the cookie is then the host's.
            client.map(|client| format!(" Domain={client}"))
        });
        let cookie = attributes.collect::<Vec<_>>().join(";");
        is_changed.then_some(cookie)
    }
}

/// Replaces the values of a header for which the function returns another.
fn each(headers: &mut HeaderMap, name: &HeaderName, rewrite: impl Fn(&str) -> Option<String>) {
    let http::header::Entry::Occupied(mut values) = headers.entry(name) else { return };
    for value in values.iter_mut() {
        let rewritten = value.to_str().ok().and_then(&rewrite);
        if let Some(rewritten) = rewritten.and_then(|text| HeaderValue::try_from(text).ok()) {
            *value = rewritten;
        }
    }
}

/// Splits a URL that has a host into its scheme, which may be missing, and what follows the slashes.
fn with_host(url: &str) -> Option<(&str, &str)> {
    let (before, rest) = url.split_once("//")?;
    let scheme = if before.is_empty() { before } else { before.strip_suffix(':')? };
    let is_known = ["", "http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    is_known.then_some((scheme, rest))
}

/// Returns the host of a host and a port.
fn host_of(authority: &str) -> Option<&str> {
    let end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    authority.get(..end)
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

/// Returns whether a cookie of this domain belongs to the host.
fn covers(domain: &str, host: &str) -> bool {
    let rest = host.len().checked_sub(domain.len()).and_then(|at| Some((host.get(..at)?, host.get(at..)?)));
    rest.is_some_and(|(before, end)| {
        !domain.is_empty() && end.eq_ignore_ascii_case(domain) && (before.is_empty() || before.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_the_origin_names_the_client_again() {
        let mut paths = PathMap::default();
        let origin = Origin::parse("http://next.internal:3000").unwrap();
        let cases = [
            ("location", "http://next.internal:3000/a?b#c", "https://shop.example:8443/a?b#c"),
            ("location", "HTTPS://Next.Internal:3000", "https://shop.example:8443"),
            ("location", "//next.internal:3000/a", "//shop.example:8443/a"),
            ("location", "http://next.internal/a", "http://next.internal/a"),
            ("location", "http://next.internal:3001/a", "http://next.internal:3001/a"),
            ("location", "http://next.internal:3000.evil/a", "http://next.internal:3000.evil/a"),
            ("location", "http://evil/http://next.internal:3000/", "http://evil/http://next.internal:3000/"),
            ("location", "/a", "/a"),
            ("location", "a//b", "a//b"),
            // A path whose query or fragment has a URL is a path.
            (
                "location",
                "/login?next=http://next.internal:3000/a",
                "/login?next=http://next.internal:3000/a",
            ),
            ("location", "?next=http://next.internal:3000/a", "?next=http://next.internal:3000/a"),
            ("location", "#http://next.internal:3000/a", "#http://next.internal:3000/a"),
            ("location", "a/http://next.internal:3000/a", "a/http://next.internal:3000/a"),
            ("location", "ftp://next.internal:3000/a", "ftp://next.internal:3000/a"),
            ("content-location", "http://next.internal:3000/a", "https://shop.example:8443/a"),
            ("refresh", "5; url=http://next.internal:3000/a", "5; url=https://shop.example:8443/a"),
            ("refresh", "5;URL='http://next.internal:3000/a'", "5;URL='https://shop.example:8443/a'"),
            (
                "refresh",
                "5; url=/a?url=http://next.internal:3000/",
                "5; url=/a?url=http://next.internal:3000/",
            ),
            ("refresh", "0; url = http://next.internal:3000/a", "0; url = https://shop.example:8443/a"),
            ("refresh", "0, http://next.internal:3000/a", "0, https://shop.example:8443/a"),
            ("refresh", "5", "5"),
            ("set-cookie", "a=1; Domain=next.internal; Path=/", "a=1; Domain=shop.example; Path=/"),
            ("set-cookie", "a=1; domain=.Next.Internal", "a=1; Domain=shop.example"),
            ("set-cookie", "a=1; Domain=internal; Secure", "a=1; Domain=shop.example; Secure"),
            ("set-cookie", "a=1; Domain=other", "a=1; Domain=other"),
            ("set-cookie", "a=Domain=next.internal", "a=Domain=next.internal"),
            ("set-cookie", "domain=next.internal; Path=/", "domain=next.internal; Path=/"),
            ("set-cookie", "a=1; Path=/", "a=1; Path=/"),
        ];
        let rewritten = |back: &Back<'_>, name: &'static str, value: &str| {
            let name = HeaderName::from_static(name);
            let mut headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_str(value).unwrap())]);
            back.rewrite(&mut headers);
            headers[name].to_str().unwrap().to_owned()
        };
        let host = Some(HeaderValue::from_static("shop.example:8443"));
        for (name, value, expected) in cases {
            let back = Back {
                origin: &origin,
                is_other_host: true,
                scheme: "https",
                host: host.clone(),
                paths: &paths,
            };
            assert_eq!(rewritten(&back, name, value), expected, "{value}");
            let back = Back { is_other_host: false, ..back };
            assert_eq!(rewritten(&back, name, value), value);
        }
        // A client without a name, and one that has asked for an address.
        let none = Back { origin: &origin, is_other_host: true, scheme: "http", host: None, paths: &paths };
        assert_eq!(rewritten(&none, "location", "http://next.internal:3000/a"), "/a");
        assert_eq!(rewritten(&none, "location", "http://next.internal:3000"), "/");
        let address = Back { host: Some(HeaderValue::from_static("[::1]:80")), ..none };
        assert_eq!(rewritten(&address, "set-cookie", "a=1; Domain=next.internal; Path=/"), "a=1; Path=/");
        // A domain that both belong to.
        let shared = Back { host: Some(HeaderValue::from_static("shop.internal")), ..address };
        assert_eq!(rewritten(&shared, "set-cookie", "a=1; Domain=internal"), "a=1; Domain=internal");
        // Paths that were mapped.
        paths.push("/api", "/v2");
        let back = Back { origin: &origin, is_other_host: false, scheme: "http", host, paths: &paths };
        for (value, expected) in [
            ("/v2/x?y", "/api/x?y"),
            ("/v2/a//b", "/api/a//b"),
            ("/v2/x?next=http://shop.example:8443/v2/y", "/api/x?next=http://shop.example:8443/v2/y"),
            ("/login", "/login"),
            ("http://shop.example:8443/v2/x", "http://shop.example:8443/api/x"),
            ("http://other/v2/x", "http://other/v2/x"),
        ] {
            assert_eq!(rewritten(&back, "location", value), expected);
        }
    }
}
