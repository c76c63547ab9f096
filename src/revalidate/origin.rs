//! The address of a Next.js server.

use crate::text::percent::PATH;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use percent_encoding::utf8_percent_encode;
use std::fmt;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: Scheme,
    authority: Authority,
}

impl Origin {
    pub(super) fn parse(text: &str) -> Result<Self, OriginError> {
        let error = |problem| OriginError { origin: text.into(), problem };
        let parts = text.parse::<Uri>().map_err(|_| error("it is not a URL"))?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(error("it has no scheme or no host: write it as http://127.0.0.1:3000"));
        };
        if parts.path_and_query.is_some_and(|path| path != "/") {
            return Err(error("it has a path: that belongs into each call of `revalidate`"));
        }
        if authority.as_str().contains('@') {
            return Err(error("it has a user in it"));
        }
        match scheme.as_str() {
            "http" => {}
            "https" if cfg!(feature = "revalidate-tls") => {}
            "https" => return Err(error("https needs the feature `revalidate-tls`")),
            _ => return Err(error("its scheme is neither http nor https")),
        }
        Ok(Self { scheme, authority })
    }

    #[cfg(feature = "revalidate-tls")]
    pub(super) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    pub(super) fn join(&self, path: PathAndQuery) -> Result<Uri, http::Error> {
        let builder = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        builder.path_and_query(path).build()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

/// A path as it is sent: characters that a request line cannot carry are encoded, escapes stay.
pub(super) fn request_path(path: &str) -> Option<PathAndQuery> {
    let path = path.split_once('#').map_or(path, |(path, _)| path);
    utf8_percent_encode(path, PATH).to_string().parse().ok()
}

/// Why an [`HttpRevalidator`](super::HttpRevalidator) was not made.
#[derive(Debug, PartialEq, Eq)]
pub struct OriginError {
    origin: Box<str>,
    problem: &'static str,
}

impl OriginError {
    pub(super) fn new(origin: &str, problem: &'static str) -> Self {
        Self { origin: origin.into(), problem }
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot revalidate at {:?}: {}", self.origin, self.problem)
    }
}

impl std::error::Error for OriginError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let cases = [
            ("http://127.0.0.1:3000", true),
            ("http://next.internal/", true),
            ("http://[::1]:3000", true),
            ("https://example.com", cfg!(feature = "revalidate-tls")),
            ("http://127.0.0.1:3000/docs", false),
            ("http://127.0.0.1:3000/?a", false),
            ("http://user@example.com", false),
            ("127.0.0.1:3000", false),
            ("/posts", false),
            ("ftp://example.com", false),
            ("", false),
        ];
        for (text, good) in cases {
            let origin = Origin::parse(text);
            assert_eq!(origin.is_ok(), good, "{text}: {origin:?}");
        }
        let error = Origin::parse("127.0.0.1:3000").unwrap_err().to_string();
        assert!(error.contains("\"127.0.0.1:3000\"") && error.contains("http://127.0.0.1:3000"), "{error}");
    }

    #[test]
    fn a_path_is_sent_so_that_it_can_be_read() {
        let origin = Origin::parse("http://127.0.0.1:3000").unwrap();
        let cases = [
            ("/", "http://127.0.0.1:3000/"),
            ("/posts/1?a=b", "http://127.0.0.1:3000/posts/1?a=b"),
            ("/a b/é%20", "http://127.0.0.1:3000/a%20b/%C3%A9%20"),
            ("/a\r\nX-Evil: 1", "http://127.0.0.1:3000/a%0D%0AX-Evil:%201"),
            ("//evil.example/x", "http://127.0.0.1:3000//evil.example/x"),
            ("/a#b", "http://127.0.0.1:3000/a"),
        ];
        for (path, uri) in cases {
            assert_eq!(origin.join(request_path(path).unwrap()).unwrap().to_string(), uri, "{path}");
        }
    }
}
