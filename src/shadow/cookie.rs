//! Reads a `Set-Cookie` header for a comparison.

use http::HeaderValue;

/// A cookie as a browser reads it: its attributes in one order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SetCookie {
    name: Vec<u8>,
    /// `None` if the value is not compared.
    value: Option<Vec<u8>>,
    attributes: Vec<(Vec<u8>, Vec<u8>)>,
}

impl SetCookie {
    /// Reads a header. The values of the cookies with these names are left out.
    pub(super) fn read(header: &HeaderValue, ignored: &[Box<str>]) -> Self {
        let mut pairs = header.as_bytes().split(|byte| *byte == b';').map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let mut next = || parts.next().unwrap_or_default().trim_ascii().to_vec();
            (next(), next())
        });
        let (name, value) = pairs.next().unwrap_or_default();
        let is_ignored = ignored.iter().any(|ignored| ignored.as_bytes() == name);
        let mut attributes: Vec<_> = pairs.filter(|(name, _)| !name.is_empty()).map(normalize).collect();
        // `Max-Age` has precedence, and `Expires` is that time from now on.
        if attributes.iter().any(|(name, _)| name == b"max-age") {
            attributes.retain(|(name, _)| name != b"expires");
        }
        attributes.sort_unstable();
        Self { name, value: (!is_ignored).then_some(value), attributes }
    }
}

fn normalize((mut name, mut value): (Vec<u8>, Vec<u8>)) -> (Vec<u8>, Vec<u8>) {
    name.make_ascii_lowercase();
    match &*name {
        b"samesite" | b"priority" => value.make_ascii_lowercase(),
        b"domain" => {
            value.make_ascii_lowercase();
            if value.first() == Some(&b'.') {
                value.remove(0);
            }
        }
        _ => {}
    }
    (name, value)
}
