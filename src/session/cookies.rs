//! Joins the chunks of a session's cookie, and cuts a token into them.

use crate::cookies::Cookies;
use crate::error::Error;
use cookie::time::{Duration, OffsetDateTime};
use cookie::{Cookie, SameSite};
use std::borrow::Cow;

/// Browsers take 4,096 bytes of a cookie, and iron-session counts the whole line.
const LINE: usize = 4096;
/// iron-session 9 cuts into four at most, and reads no more, since proxies often take 8 KB of headers.
const IRON_CHUNKS: usize = 4;

/// The name, the attributes and the age of the cookies.
pub(super) struct Attributes {
    pub(super) name: String,
    pub(super) secure: bool,
    pub(super) domain: Option<String>,
    pub(super) path: String,
    pub(super) same_site: SameSite,
    /// In seconds.
    pub(super) max_age: u64,
    pub(super) style: Style,
}

/// How a package cuts a token, and when its cookies expire.
pub(super) enum Style {
    NextAuth,
    AuthJs,
    Iron { chunks: bool },
}

impl Attributes {
    /// Returns a cookie that ends with the browser's session.
    fn bare(&self, name: String, value: String) -> Cookie<'static> {
        let mut cookie = Cookie::build((name, value))
            .path(self.path.clone())
            .http_only(true)
            .secure(self.secure)
            .same_site(self.same_site)
            .build();
        if let Some(domain) = &self.domain {
            cookie.set_domain(domain.clone());
        }
        cookie
    }

    fn cookie(&self, name: String, value: String, now: OffsetDateTime) -> Cookie<'static> {
        let mut cookie = self.bare(name, value);
        match self.style {
            Style::Iron { .. } => cookie.set_max_age(Duration::seconds(iron_max_age(self.max_age))),
            Style::NextAuth | Style::AuthJs => {
                let age = Duration::seconds(i64::try_from(self.max_age).unwrap_or(i64::MAX));
                cookie.set_expires(now.checked_add(age));
            }
        }
        cookie
    }

    /// Returns the token of a request: the cookie itself, or its chunks `name.0`, `name.1`, … joined in their order.
    ///
    /// NextAuth and Auth.js join every cookie whose name only begins alike, so that a chunk of an earlier session spoils a
    /// later one. Here the whole cookie counts, and chunks up to the first gap, as in iron-session 9.
    pub(super) fn join<'a>(&self, cookies: &'a Cookies, name: &str) -> Option<Cow<'a, str>> {
        if let Some(whole) = cookies.get(name).filter(|value| !value.is_empty()) {
            return Some(whole.into());
        }
        // For iron-session an empty chunk is a gap; NextAuth and Auth.js skip it.
        let is_iron = matches!(self.style, Style::Iron { .. });
        let most = if is_iron { IRON_CHUNKS } else { usize::MAX };
        let chunks = chunks(cookies, name).filter(|(_, _, value)| !is_iron || !value.is_empty());
        let mut chunks: Vec<_> = chunks.collect();
        chunks.sort_unstable_by_key(|(number, ..)| *number);
        let joined = (0..).zip(&chunks).take(most).take_while(|(place, (number, ..))| place == number);
        let token: String = joined.map(|(_, (_, _, value))| *value).collect();
        (!token.is_empty()).then(|| token.into())
    }

    /// Returns the cookie that deletes one.
    pub(super) fn expired(&self, name: &str) -> Cookie<'static> {
        let mut cookie = self.bare(name.to_owned(), String::new());
        cookie.set_max_age(Duration::ZERO);
        cookie
    }
}

/// Returns the chunks of a cookie: number, name and value.
fn chunks<'a>(cookies: &'a Cookies, name: &str) -> impl Iterator<Item = (u32, &'a str, &'a str)> {
    cookies.iter().filter_map(move |(chunk, value)| Some((number(chunk, name)?, chunk, value)))
}

/// Returns the number of a chunk: 10 of `name.10`.
fn number(chunk: &str, name: &str) -> Option<u32> {
    let digits = chunk.strip_prefix(name)?.strip_prefix('.')?;
    let is_plain =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| is_plain)
}

/// Returns whether a cookie belongs to the session of this name.
pub(super) fn belongs(cookie: &str, name: &str) -> bool {
    cookie == name || number(cookie, name).is_some()
}

/// Returns the cookies that set a token, after those that clear what the request has and they do not replace.
pub(super) fn set(
    attributes: &Attributes,
    cookies: &Cookies,
    token: String,
    now: OffsetDateTime,
) -> Result<Vec<Cookie<'static>>, Error> {
    let name = &attributes.name;
    let cookie = |name: String, value: String| attributes.cookie(name, value, now);
    let (size, most) = match attributes.style {
        Style::NextAuth => (3933, usize::MAX),
        Style::AuthJs => (3936, usize::MAX),
        Style::Iron { chunks } => {
            let room = |name: String| LINE.saturating_sub(cookie(name, String::new()).to_string().len());
            if token.len() <= room(name.clone()) {
                (token.len(), 1)
            } else {
                (room(format!("{name}.0")), if chunks { IRON_CHUNKS } else { 1 })
            }
        }
    };
    let count = token.len().div_ceil(size.max(1));
    if count > most || size == 0 {
        return Err(Error::internal(format!(
            "the session makes a cookie of {} characters, which browsers would refuse: store less in it{}",
            token.len(),
            if most == 1 { ", or allow several cookies with `.chunks(true)` on both sides" } else { "" }
        )));
    }
    let written: Vec<_> = if count == 1 {
        vec![cookie(name.clone(), token)]
    } else {
        // A token is ASCII.
        let parts = token.as_bytes().chunks(size).map(|part| String::from_utf8_lossy(part).into_owned());
        parts.enumerate().map(|(i, part)| cookie(format!("{name}.{i}"), part)).collect()
    };
    let mut out = clear(attributes, cookies);
    out.retain(|old| written.iter().all(|new| new.name() != old.name()));
    out.extend(written);
    Ok(out)
}

/// Returns the cookies that clear those of the session that the request has.
pub(super) fn clear(attributes: &Attributes, cookies: &Cookies) -> Vec<Cookie<'static>> {
    let names = cookies.iter().map(|(name, _)| name).filter(|name| belongs(name, &attributes.name));
    names.map(|name| attributes.expired(name)).collect()
}

/// The cookie of iron-session is gone a minute before the seal expires, and never with the age 0.
fn iron_max_age(age: u64) -> i64 {
    match age {
        0 => i64::from(i32::MAX),
        1..=60 => i64::try_from(age).unwrap_or(i64::MAX),
        _ => i64::try_from(age - 60).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use http::header::COOKIE;

    #[test]
    fn chunks_are_joined_in_their_order() {
        let cases = [
            ("", None),
            ("a=x", Some("x")),
            ("a.1=y; a.0=x", Some("xy")),
            (
                "a.2=c; a.10=k; a.9=j; a.0=a; a.1=b; a.3=d; a.5=f; a.4=e; a.8=i; a.7=h; a.6=g",
                Some("abcdefghijk"),
            ),
            ("a.0=x; a.1=y; a.3=stale", Some("xy")),
            ("a.1=y", None),
            ("a=x; a.1=stale", Some("x")),
            ("a=; a.0=x; a.1=y", Some("xy")),
            ("a.0=; a.1=y", Some("y")),
            ("a.0=; a.1=", None),
            ("ab=x; a-0=x; a.x=x; a.=x; a.01=x; a.0.1=x; A.0=x; a.99999999999=x", None),
        ];
        let attributes = Attributes {
            name: "a".into(),
            secure: false,
            domain: None,
            path: "/".into(),
            same_site: SameSite::Lax,
            max_age: 0,
            style: Style::NextAuth,
        };
        for (header, expected) in cases {
            let headers = HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]);
            let cookies = Cookies::from_headers(&headers);
            assert_eq!(attributes.join(&cookies, "a").as_deref(), expected, "{header}");
        }
    }

    #[test]
    fn a_chunk_has_a_plain_number() {
        let cases = [
            ("a.0", Some(0)),
            ("a.10", Some(10)),
            ("a", None),
            ("a.", None),
            ("a.+1", None),
            ("a.-1", None),
            ("a.01", None),
            ("a.00", None),
            ("a.1 ", None),
            ("ab.0", None),
            ("a.4294967296", None),
        ];
        for (chunk, expected) in cases {
            assert_eq!(number(chunk, "a"), expected, "{chunk}");
            assert_eq!(belongs(chunk, "a"), expected.is_some() || chunk == "a", "{chunk}");
        }
    }

    #[test]
    fn iron_cookie_age_is_version_9s() {
        for (age, expected) in [(0, 2_147_483_647), (1, 1), (60, 60), (61, 1), (1_209_600, 1_209_540)] {
            assert_eq!(iron_max_age(age), expected, "{age}");
        }
    }
}
