//! The address of another server.

#[cfg(feature = "proxy")]
use http::HeaderValue;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use std::fmt;

/// Scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    authority: Authority,
}

impl Origin {
    pub(crate) fn parse(text: &str) -> Result<Self, OriginError> {
        let error = |problem| OriginError { origin: text.into(), problem };
        let parts = text.parse::<Uri>().map_err(|_| error("it is not a URL"))?.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(error("it has no scheme or no host: write it as http://127.0.0.1:3000"));
        };
        if parts.path_and_query.is_some_and(|path| path != "/") {
            return Err(error("it has a path: write only the scheme, the host and the port"));
        }
        if authority.as_str().contains('@') {
            return Err(error("it has a user name: write only the scheme, the host and the port"));
        }
        match scheme.as_str() {
            "http" => {}
            "https" if cfg!(feature = "__tls") => {}
            "https" => {
                return Err(error(
                    "https needs the feature `proxy-tls` or `revalidate-tls`: enable one of them",
                ));
            }
            _ => return Err(error("its scheme is neither http nor https")),
        }
        Ok(Self { scheme, authority })
    }

    #[cfg(feature = "__tls")]
    pub(crate) fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    #[cfg(feature = "proxy")]
    pub(crate) fn uri(&self) -> Uri {
        self.join(PathAndQuery::from_static("/")).unwrap_or_default()
    }

    /// Returns the value of `Host`, which has no default port.
    #[cfg(feature = "proxy")]
    pub(crate) fn host_header(&self) -> Option<HeaderValue> {
        let default = if self.scheme == Scheme::HTTPS { 443 } else { 80 };
        let has_default = self.authority.port_u16() == Some(default);
        HeaderValue::from_str(if has_default { self.host() } else { self.authority.as_str() }).ok()
    }

    #[cfg(feature = "proxy")]
    pub(crate) fn host(&self) -> &str {
        self.authority.host()
    }

    /// Returns whether an authority, of a URL with this scheme or none, is the origin's.
    #[cfg(feature = "proxy")]
    pub(crate) fn is(&self, scheme: &str, authority: &str) -> bool {
        let Ok(authority) = authority.parse::<Authority>() else { return false };
        let default = |scheme: &str| if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
        let scheme = if scheme.is_empty() { self.scheme.as_str() } else { scheme };
        let ours = self.authority.port_u16().unwrap_or_else(|| default(self.scheme.as_str()));
        let theirs = authority.port_u16().unwrap_or_else(|| default(scheme));
        self.authority.host().eq_ignore_ascii_case(authority.host()) && ours == theirs
    }

    pub(crate) fn join(&self, path: PathAndQuery) -> Result<Uri, http::Error> {
        let builder = Uri::builder().scheme(self.scheme.clone()).authority(self.authority.clone());
        builder.path_and_query(path).build()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

/// Error returned when the address or a setting of another server is not valid.
#[derive(Debug, PartialEq, Eq)]
pub struct OriginError {
    origin: Box<str>,
    problem: &'static str,
}

impl OriginError {
    pub(crate) fn new(origin: &str, problem: &'static str) -> Self {
        Self { origin: origin.into(), problem }
    }
}

impl fmt::Display for OriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.origin.is_empty() {
            return f.write_str(self.problem);
        }
        write!(f, "cannot use {:?}: {}", self.origin, self.problem)
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
            ("https://example.com", cfg!(feature = "__tls")),
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
    #[cfg(all(feature = "proxy", feature = "__tls"))]
    fn the_host_header_has_no_default_port() {
        let cases = [
            ("http://a.example", "a.example"),
            ("http://a.example:80", "a.example"),
            ("http://a.example:443", "a.example:443"),
            ("https://a.example", "a.example"),
            ("https://a.example:443", "a.example"),
            ("https://a.example:80", "a.example:80"),
            ("http://[::1]:80", "[::1]"),
            ("http://[::1]:3000", "[::1]:3000"),
        ];
        for (text, host) in cases {
            assert_eq!(Origin::parse(text).unwrap().host_header().unwrap(), host, "{text}");
        }
    }
}
