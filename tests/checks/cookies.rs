//! Cookies, against a reading that is as plain as can be.

use super::Data;
use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use tower_api_routes::{Cookie, Cookies};

const WORDS: &[&str] = &[
    "a",
    "b",
    "c",
    "=",
    ";",
    "; ",
    "\"",
    "%",
    "%20",
    "%ZZ",
    "%e4%bd%a0",
    "%ff",
    " ",
    "\t",
    ",",
    "a=1; ",
    "é",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let mut headers = HeaderMap::new();
    for _ in 0..=data.below(3) {
        // Some in UTF-8, some in Latin-1.
        let text = data.text(WORDS, 255);
        let latin1: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        let bytes = if data.below(2) == 0 { text.into_bytes() } else { latin1 };
        if let Ok(value) = HeaderValue::from_bytes(&bytes) {
            headers.append(COOKIE, value);
        }
    }
    let cookies = Cookies::from_headers(&headers);
    let seen: Vec<_> = cookies.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    assert_eq!(seen, reference(&headers), "{headers:?}");
    assert_eq!(cookies.len(), seen.len());
    for (name, value) in &seen {
        assert_eq!(cookies.get(name), Some(&**value));
    }
    // What `res.cookie` writes, the next request brings back.
    let value = data.text(WORDS, 40);
    let written = Cookie::new("round", value.trim()).encoded().to_string();
    let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(written).expect("escaped"))]);
    assert_eq!(Cookies::from_headers(&headers).get("round"), Some(value.trim()));
}

fn reference(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    for header in headers.get_all(COOKIE) {
        let text: String = header.as_bytes().iter().map(|byte| char::from(*byte)).collect();
        for part in text.split(';') {
            let Some(equals) = part.find('=') else { continue };
            let (name, mut value) = (trim(&part[..equals]), trim(&part[equals + 1..]).to_owned());
            if out.iter().any(|(known, _)| known == name) {
                continue;
            }
            if value.starts_with('"') {
                // npm's `slice(1, -1)`.
                let inner: Vec<char> = value.chars().collect();
                value = inner.get(1..inner.len() - 1).unwrap_or_default().iter().collect();
            }
            let decoded = decode(&value);
            out.push((name.to_owned(), decoded.unwrap_or(value)));
        }
    }
    out
}

/// JavaScript's `trim`: U+0085 is no white space there.
fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() && c != '\u{85}')
}

/// `decodeURIComponent`.
fn decode(text: &str) -> Option<String> {
    let (mut out, mut bytes) = (Vec::new(), text.bytes());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?];
            if !digits.iter().all(u8::is_ascii_hexdigit) {
                return None;
            }
            out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}
