//! Distinguishes HTTP/1 from HTTP/2.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// The first bytes of an HTTP/2 connection: [RFC 9113, 3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Version {
    /// Returns the version of a connection by its first bytes, or `None` if more bytes are needed.
    pub(super) fn of(first: &[u8]) -> Option<Self> {
        if first.starts_with(PREFACE) {
            Some(Self::Http2)
        } else if PREFACE.starts_with(first) {
            None
        } else {
            Some(Self::Http1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_known_from_the_first_byte() {
        let (one, two) = (Some(Version::Http1), Some(Version::Http2));
        let cases = [
            ("", None),
            ("GET / HTTP/1.1", one),
            ("P", None),
            ("POST", one),
            ("PRI * HTTP/2.0\r\n\r\n", None),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", two),
            ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n and more", two),
            ("PRI * HTTP/2.0\r\n\r\nXX", one),
        ];
        for (first, version) in cases {
            assert_eq!(Version::of(first.as_bytes()), version, "{first:?}");
        }
    }
}
