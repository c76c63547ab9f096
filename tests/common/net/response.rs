//! A response of HTTP/1.1, parsed strictly.

/// A response, byte for byte.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The head as it was received, with its last empty line.
    pub(crate) head: String,
}

impl Response {
    /// Parses a head at the beginning of the bytes, and returns it with its length. `None`: more has to come.
    ///
    /// Panics when it is malformed.
    pub(crate) fn parse_head(bytes: &[u8]) -> Option<(Self, usize)> {
        let length = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head: String = bytes[..length].iter().copied().map(char::from).collect();
        let mut lines = head.trim_end_matches("\r\n").split("\r\n");
        let line = lines.next().unwrap();
        let (version, line) = line.split_once(' ').expect("a status line");
        assert!(matches!(version, "HTTP/1.1" | "HTTP/1.0"), "{version}");
        let (status, reason) = line.split_once(' ').expect("a status line");
        let (status, reason) = (status.parse().unwrap(), reason.to_owned());
        let is_token = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line:?}"));
            assert!(is_token(name) && !value.contains(['\r', '\n', '\0']), "not a header: {line:?}");
            (name.to_ascii_lowercase(), value.to_owned())
        });
        let headers = headers.collect();
        Some((Self { status, reason, headers, body: Vec::new(), head }, length))
    }

    /// Parses a whole response. `to_head`: it is the response to a `HEAD` request. `ended`: nothing follows the bytes.
    pub(crate) fn parse(bytes: &[u8], to_head: bool, ended: bool) -> Option<(Self, usize)> {
        let (mut response, head) = Self::parse_head(bytes)?;
        let (length, coding) = (response.header("content-length"), response.header("transfer-encoding"));
        assert!(length.is_none() || coding.is_none(), "both a length and a coding: {response:?}");
        let rest = &bytes[head..];
        let (body, length) = if to_head || matches!(response.status, 100..200 | 204 | 304) {
            (Vec::new(), 0)
        } else if let Some(length) = length {
            let length = length.parse().expect("a length");
            (rest.get(..length)?.to_vec(), length)
        } else if coding.is_some() {
            parse_chunks(rest)?
        } else if ended {
            (rest.to_vec(), rest.len())
        } else {
            return None;
        };
        response.body = body;
        Some((response, head + length))
    }

    /// Returns a header's value. Panics when there are several, but for `set-cookie`.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| &**value);
        assert!(name == "set-cookie" || values.next().is_none(), "{name} twice: {self:?}");
        value
    }

    /// Returns the body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Consumes `self`, returning the head and the body as text.
    pub(crate) fn into_text(self) -> (String, String) {
        let body = self.text();
        (self.head, body)
    }
}

/// Parses a chunked body, and returns it with its length on the wire.
fn parse_chunks(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (mut body, mut at) = (Vec::new(), 0);
    loop {
        let end = at + bytes[at..].windows(2).position(|window| window == b"\r\n")?;
        let digits = std::str::from_utf8(&bytes[at..end]).unwrap();
        let size = usize::from_str_radix(digits, 16).expect("the size of a chunk");
        at = end + 2;
        let chunk = bytes.get(at..at + size + 2)?;
        assert!(chunk.ends_with(b"\r\n"), "a chunk without its end");
        body.extend_from_slice(&chunk[..size]);
        at += size + 2;
        if size == 0 {
            return Some((body, at));
        }
    }
}
