//! The `Via` header, which names the proxies that have forwarded a message.

use crate::client_headers::tokens;
use http::header::VIA;
use http::{HeaderMap, HeaderValue, Version};
use std::hash::{BuildHasher as _, RandomState};

/// The name of a proxy in `Via`, and the header values for each version of HTTP.
#[derive(Clone, Debug)]
pub(super) struct Pseudonym {
    name: Box<str>,
    /// For HTTP/1.0, HTTP/1.1 and HTTP/2.
    values: [HeaderValue; 3],
}

impl Pseudonym {
    /// Creates a random name, so that a request that passes through another process is not taken for a loop.
    pub(super) fn random() -> Self {
        let name = format!("proxy-{:016x}", RandomState::new().hash_one(()));
        Self::new(&name).unwrap_or_else(|| unreachable!("hexadecimal digits are a token"))
    }

    /// Creates a name, or returns `None` if the text is not a token.
    pub(super) fn new(name: &str) -> Option<Self> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return None;
        }
        let value = |version| HeaderValue::try_from(format!("{version} {name}")).ok();
        Some(Self { name: name.into(), values: [value("1.0")?, value("1.1")?, value("2")?] })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns whether a message has passed through this proxy before.
    pub(super) fn is_in(&self, headers: &HeaderMap) -> bool {
        let is_own = |hop: &[u8]| {
            let mut words = hop.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
            words.nth(1) == Some(self.name.as_bytes())
        };
        tokens(headers, &VIA).any(is_own)
    }

    /// Appends the name to a message that was received with this version of HTTP.
    pub(super) fn append(&self, headers: &mut HeaderMap, version: Version) {
        let [http_10, http_11, http_2] = &self.values;
        let value = match version {
            Version::HTTP_10 | Version::HTTP_09 => http_10,
            Version::HTTP_2 | Version::HTTP_3 => http_2,
            _ => http_11,
        };
        headers.append(VIA, value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_was_here_is_known_again() {
        let proxy = Pseudonym::new("edge:8080").unwrap();
        let cases: [(&[&str], bool); 8] = [
            (&[], false),
            (&["1.1 edge:8080"], true),
            (&["1.0 fred, 1.1 edge:8080 (a comment)"], true),
            (&["1.0 fred", "HTTP/1.1 edge:8080"], true),
            (&["1.1 edge:80801", "1.1 another-edge:8080"], false),
            (&["edge:8080"], false),
            (&["1.1 EDGE:8080"], false),
            // What is beside it does not hide it.
            (&["1.0 fr\u{e9}d, 1.1  edge:8080"], true),
        ];
        for (values, seen) in cases {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(VIA, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            assert_eq!(proxy.is_in(&headers), seen, "{values:?}");
        }
    }

    #[test]
    fn every_proxy_has_a_name_of_its_own() {
        let (one, other) = (Pseudonym::random(), Pseudonym::random());
        assert_ne!(one.name(), other.name());
        for bad in ["", "a b", "a,b", "(a)", "é"] {
            assert!(Pseudonym::new(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_version_is_that_of_the_message() {
        let proxy = Pseudonym::new("x").unwrap();
        let versions = [(Version::HTTP_10, "1.0 x"), (Version::HTTP_11, "1.1 x"), (Version::HTTP_2, "2 x")];
        for (version, text) in versions {
            let mut headers = HeaderMap::new();
            proxy.append(&mut headers, version);
            assert_eq!(headers[VIA], text);
        }
    }
}
