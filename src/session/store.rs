//! The sessions of a router: its keys, ready to use.

use super::cookies::{self, Attributes, Style};
use super::error::Rejected;
use super::jwe::{self, Key};
use super::passwords::Passwords;
use super::{claims, iron};
use crate::cookies::Cookies;
use crate::error::Error;
use crate::json;
use crate::text::hex;
use crate::text::percent::decode;
use ::cookie::Cookie;
use ::cookie::time::OffsetDateTime;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};
use subtle::ConstantTimeEq as _;

/// Opens and seals the sessions of a router.
pub(crate) struct Store {
    pub(super) format: Format,
    pub(super) attributes: Attributes,
    /// The name with the other prefix, which a hint in the log is about.
    pub(super) other_name: Option<String>,
    pub(super) csrf_name: Option<String>,
    /// In seconds.
    pub(super) tolerance: u64,
    pub(super) bearer: bool,
}

pub(super) enum Format {
    /// NextAuth and Auth.js, with the keys that are derived from their secrets.
    Jwe {
        secrets: Vec<String>,
        keys: Vec<Key>,
    },
    Iron(Passwords),
}

impl Store {
    /// Returns the token of a request, which has not been opened.
    pub(crate) fn token<'a>(&self, cookies: &'a Cookies, headers: &'a HeaderMap) -> Option<Cow<'a, str>> {
        self.attributes.join(cookies, &self.attributes.name).or_else(|| {
            let header = headers.get(AUTHORIZATION).filter(|_| self.bearer)?.to_str().ok()?;
            let mut words = header.split(' ');
            let token = words.next().filter(|scheme| *scheme == "Bearer").and_then(|_| words.next())?;
            decode(token).filter(|token| !token.is_empty())
        })
    }

    /// Returns the content of the session with this token, which is JSON.
    pub(crate) fn open(&self, token: Option<&str>, request: &Cookies) -> Result<String, Rejected> {
        let token = token.ok_or_else(|| match &self.other_name {
            Some(other) if self.attributes.join(request, other).is_some() => Rejected::OtherPrefix,
            _ => Rejected::Absent,
        })?;
        let now = now();
        match &self.format {
            Format::Jwe { keys, .. } => {
                let content = jwe::open(token, keys)?;
                // jose 6, which is Auth.js's, refuses what is not UTF-8. jose 4 replaces it.
                if matches!(self.attributes.style, Style::AuthJs) && std::str::from_utf8(&content).is_err() {
                    return Err(Rejected::Content);
                }
                let content = text(content);
                claims::check(&content, now / 1000, self.tolerance)?;
                Ok(content)
            }
            Format::Iron(passwords) => {
                let content = text(iron::open(token, passwords, now, self.tolerance.saturating_mul(1000))?);
                match &*content {
                    // What iron-session reads as an empty session.
                    "" | "null" => Ok("{}".into()),
                    json if json.trim_start().starts_with(['{', '['])
                        && serde_json::from_str::<IgnoredAny>(json).is_ok() =>
                    {
                        Ok(content)
                    }
                    // iron-session fails when this is a text or a number.
                    _ => Err(Rejected::Content),
                }
            }
        }
    }

    /// Returns the cookies that set a session.
    pub(crate) fn set<T: Serialize + ?Sized>(
        &self,
        session: &T,
        request: &Cookies,
    ) -> Result<Vec<Cookie<'static>>, Error> {
        let (now, age) = (now(), self.attributes.max_age);
        let Value::Object(mut session) = serde_json::to_value(session)? else {
            return Err(Error::internal("a session is an object: a struct or a map"));
        };
        let token = match &self.format {
            Format::Jwe { keys, .. } => {
                claims::set(&mut session, now / 1000, age)?;
                let key = keys.first().ok_or_else(|| Error::internal("there is no secret"))?;
                jwe::seal(&json::to_bytes(&session)?, key)?
            }
            Format::Iron(passwords) => {
                let expiry = (age > 0).then(|| now.saturating_add(age.saturating_mul(1000)));
                iron::seal(&json::to_bytes(&session)?, passwords, expiry)?
            }
        };
        let now =
            i64::try_from(now / 1000).ok().and_then(|now| OffsetDateTime::from_unix_timestamp(now).ok());
        let now = now.unwrap_or(OffsetDateTime::UNIX_EPOCH);
        cookies::set(&self.attributes, request, token, now)
    }

    /// Returns the cookies that clear a session: all that the request has, and with iron-session the whole one always.
    pub(crate) fn clear(&self, request: &Cookies) -> Vec<Cookie<'static>> {
        let mut cleared = cookies::clear(&self.attributes, request);
        let name = &self.attributes.name;
        if matches!(self.format, Format::Iron(_)) && cleared.iter().all(|cookie| cookie.name() != name) {
            cleared.push(self.attributes.expired(name));
        }
        cleared
    }

    /// Returns whether the cookie of the request has this token and a hash that only the app can have made.
    pub(crate) fn has_csrf_token(&self, request: &Cookies, token: &str) -> bool {
        let Format::Jwe { secrets, .. } = &self.format else { return false };
        let cookie = self.csrf_name.as_ref().and_then(|name| request.get(name));
        let Some((known, hash)) = cookie.and_then(|cookie| cookie.split_once('|')) else { return false };
        // Auth.js hashes all of its secrets, joined by commas; before a rotation there was one less.
        let joined = secrets.join(",");
        let secrets = std::iter::once(&joined).chain(secrets);
        let is_genuine = secrets.fold(false, |found, secret| {
            found | bool::from(sha256(&[known, secret]).as_bytes().ct_eq(hash.as_bytes()))
        });
        is_genuine & bool::from(known.as_bytes().ct_eq(token.as_bytes())) & !known.is_empty()
    }

    /// Returns whether a line of `Set-Cookie` sets or clears the session.
    pub(crate) fn sets(&self, line: &[u8]) -> bool {
        let name = line.split(|byte| *byte == b'=').next().unwrap_or_default();
        std::str::from_utf8(name).is_ok_and(|name| cookies::belongs(name, &self.attributes.name))
    }
}

/// Shows neither a secret nor a key.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("cookie", &self.attributes.name).finish_non_exhaustive()
    }
}

/// Returns the hash of texts in hexadecimal.
fn sha256(texts: &[&str]) -> String {
    let hash = texts.iter().fold(Sha256::new(), Sha256::chain_update);
    hex::encode(&[&hash.finalize()])
}

/// Decodes UTF-8 as the `TextDecoder` of JavaScript does, which skips a byte order mark.
fn text(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// Returns the milliseconds since 1970.
fn now() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH);
    time.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Sessions;
    use http::header::COOKIE;

    const SECRET: &str = "a-secret-of-the-tests-0123456789abcdef";

    /// Seals any content, and opens it.
    fn round(store: &Store, content: &[u8]) -> Result<String, Rejected> {
        let token = match &store.format {
            Format::Jwe { keys, .. } => jwe::seal(content, &keys[0]).unwrap(),
            Format::Iron(passwords) => iron::seal(content, passwords, None).unwrap(),
        };
        let header = format!("{}={token}", store.attributes.name).parse().unwrap();
        let headers = HeaderMap::from_iter([(COOKIE, header)]);
        let cookies = Cookies::from_headers(&headers);
        store.open(store.token(&cookies, &headers).as_deref(), &cookies)
    }

    #[test]
    fn contents_are_read_as_by_javascript() {
        let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        let (bad, content) = (Err(Rejected::Content), |text: &str| Ok(text.to_owned()));
        // The content, what NextAuth and Auth.js make of it, and iron-session.
        let cases = [
            (&b"{}"[..], content("{}"), content("{}")),
            (br#"{"name":"\ud800"}"#, content(r#"{"name":"\ud800"}"#), content(r#"{"name":"\ud800"}"#)),
            (br#"{"\ud800":1}"#, Err(Rejected::Unreadable), content(r#"{"\ud800":1}"#)),
            (deep.as_bytes(), content(&deep), content(&deep)),
            (b"\xef\xbb\xbf{}", content("{}"), content("{}")),
            (b"\xef\xbb\xbf", bad.clone(), content("{}")),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", bad.clone(), bad.clone()),
            (b"", bad.clone(), content("{}")),
            (b"null", bad.clone(), content("{}")),
            (b"[1]", bad.clone(), content("[1]")),
            (b" {} ", content(" {} "), content(" {} ")),
            (b"\"text\"", bad.clone(), bad.clone()),
            (b"1", bad.clone(), bad.clone()),
            (b"false", bad.clone(), bad.clone()),
            (b"{", bad.clone(), bad.clone()),
            (br#"{"exp":1}"#, Err(Rejected::Expired), content(r#"{"exp":1}"#)),
            (br#"{"nbf":99999999999}"#, Err(Rejected::NotYetValid), content(r#"{"nbf":99999999999}"#)),
        ];
        let stores = [
            Sessions::next_auth(SECRET).unwrap().prepare(),
            Sessions::auth_js(SECRET).unwrap().prepare(),
            Sessions::iron(SECRET).unwrap().cookie_name("sid").prepare(),
        ];
        for (bytes, jwt, iron) in cases {
            for (store, expected) in stores.iter().zip([&jwt, &jwt, &iron]) {
                assert_eq!(round(store, bytes), *expected, "{store:?} {}", String::from_utf8_lossy(bytes));
            }
        }
    }

    #[test]
    fn only_auth_js_refuses_malformed_utf_8() {
        let replaced = || Ok("{\"name\":\"\u{fffd}\"}".to_owned());
        let cases = [
            (Sessions::next_auth(SECRET), replaced()),
            (Sessions::auth_js(SECRET), Err(Rejected::Content)),
            (Sessions::iron(SECRET), replaced()),
        ];
        for (sessions, expected) in cases {
            let store = sessions.unwrap().cookie_name("sid").prepare();
            assert_eq!(round(&store, b"{\"name\":\"\xff\"}"), expected, "{store:?}");
        }
    }

    #[test]
    fn empty_and_fifth_chunks_are_read_as_by_packages() {
        // The cookies, the token of NextAuth and Auth.js, and that of iron-session.
        let cases = [
            ("sid.0=a; sid.1=b; sid.2=c; sid.3=d; sid.4=e", Some("abcde"), Some("abcd")),
            ("sid.0=a; sid.1=; sid.2=c", Some("ac"), Some("a")),
            ("sid.0=; sid.1=b", Some("b"), None),
            ("sid=; sid.0=a; sid.1=", Some("a"), Some("a")),
            ("sid.0=; sid.1=", None, None),
            ("sid.0=a; sid.2=c", Some("a"), Some("a")),
        ];
        let stores = [
            Sessions::next_auth(SECRET).unwrap().cookie_name("sid").prepare(),
            Sessions::auth_js(SECRET).unwrap().cookie_name("sid").prepare(),
            Sessions::iron(SECRET).unwrap().cookie_name("sid").prepare(),
        ];
        for (header, jwt, iron) in cases {
            let headers = HeaderMap::from_iter([(COOKIE, header.parse().unwrap())]);
            let cookies = Cookies::from_headers(&headers);
            for (store, expected) in stores.iter().zip([jwt, jwt, iron]) {
                assert_eq!(store.token(&cookies, &headers).as_deref(), expected, "{store:?} {header}");
            }
        }
    }

    #[test]
    fn the_tolerance_is_in_seconds() {
        let sessions = Sessions::iron(SECRET).unwrap().cookie_name("sid");
        // Seconds: the tolerance, how long ago the seal has expired, and whether it is opened.
        for (tolerance, ago, opens) in [(60, 30, true), (60, 90, false), (0, 5, false), (300, 200, true)] {
            let store = sessions.clone().clock_tolerance(std::time::Duration::from_secs(tolerance)).prepare();
            let Format::Iron(passwords) = &store.format else { panic!("it is iron-session") };
            let token = iron::seal(b"{}", passwords, Some(now() - ago * 1000)).unwrap();
            let opened = store.open(Some(&token), &Cookies::from_headers(&HeaderMap::new()));
            assert_eq!(opened.is_ok(), opens, "{tolerance} {ago}: {opened:?}");
        }
    }

    #[test]
    fn an_age_of_0_never_expires() {
        let sessions = Sessions::iron(SECRET).unwrap().cookie_name("sid");
        for (age, expires) in [(0, false), (3600, true)] {
            let store = sessions.clone().max_age(std::time::Duration::from_secs(age)).prepare();
            let cookies =
                store.set(&serde_json::json!({}), &Cookies::from_headers(&HeaderMap::new())).unwrap();
            let token = cookies[0].value();
            // `Fe26.2*id*salt*iv*content*expiry*salt*hmac`
            assert_eq!(!token.split('*').nth(5).unwrap().is_empty(), expires, "{token}");
            let headers = HeaderMap::from_iter([(COOKIE, format!("sid={token}").parse().unwrap())]);
            let request = Cookies::from_headers(&headers);
            assert_eq!(store.open(store.token(&request, &headers).as_deref(), &request), Ok("{}".into()));
        }
    }
}
