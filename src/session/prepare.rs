//! Checks the settings, and derives the keys.

use super::cookies::{Attributes, Style};
use super::error::SessionsError;
use super::jwe;
use super::sessions::{Package, Sessions};
use super::store::{Format, Store};
use std::sync::Arc;

impl Sessions {
    /// Derives the keys.
    ///
    /// # Panics
    ///
    /// Panics if the cookie has no name, or one that a browser would refuse.
    #[track_caller]
    pub(crate) fn prepare(self) -> Arc<Store> {
        match self.store() {
            Ok(store) => Arc::new(store),
            Err(error) => panic!("{error}"),
        }
    }

    fn store(self) -> Result<Store, SessionsError> {
        let package = match &self.package {
            Package::NextAuth(_) => Some("next-auth"),
            Package::AuthJs(_) => Some("authjs"),
            Package::Iron(_) => None,
        };
        let prefixed = |name: &str| name.starts_with("__Secure-") || name.starts_with("__Host-");
        let by_name = package.is_none() || self.cookie_name.as_deref().is_some_and(prefixed);
        let secure = self.secure.unwrap_or(by_name);
        let default_name = |secure| {
            let prefix = if secure { "__Secure-" } else { "" };
            package.map(|package| format!("{prefix}{package}.session-token"))
        };
        let other_name = default_name(!secure).filter(|_| self.cookie_name.is_none());
        let name = self.cookie_name.or_else(|| default_name(secure)).ok_or_else(|| {
            SessionsError::new(
                "the cookie of iron-session has no default name: add `.cookie_name(\"…\")`, as in `cookieName`",
            )
        })?;
        check_cookie(&name, secure, self.domain.as_deref(), &self.path)?;
        let csrf_prefix = if secure { "__Host-" } else { "" };
        let csrf_name = package.map(|package| format!("{csrf_prefix}{package}.csrf-token"));
        let (format, style) = match self.package {
            Package::NextAuth(secrets) => {
                let keys = secrets.iter().map(|secret| jwe::next_auth_key(secret)).collect();
                (Format::Jwe { secrets, keys }, Style::NextAuth)
            }
            Package::AuthJs(secrets) => {
                let keys = secrets.iter().flat_map(|secret| jwe::auth_js_keys(secret, &name)).collect();
                (Format::Jwe { secrets, keys }, Style::AuthJs)
            }
            Package::Iron(passwords) => (Format::Iron(passwords), Style::Iron { chunks: self.chunks }),
        };
        let attributes = Attributes {
            name,
            secure,
            domain: self.domain,
            path: self.path,
            same_site: self.same_site,
            max_age: self.max_age.as_secs(),
            style,
        };
        let tolerance = self.clock_tolerance.as_secs();
        Ok(Store { format, attributes, other_name, csrf_name, tolerance, bearer: self.bearer })
    }
}

/// Checks what a browser would refuse, or what would end an attribute.
fn check_cookie(name: &str, secure: bool, domain: Option<&str>, path: &str) -> Result<(), SessionsError> {
    // A name of a header is a token, as that of a cookie is.
    if http::HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Err(SessionsError::new(format!("the cookie name {name:?} is not a token")));
    }
    let breaks = |text: &str| text.contains(|c: char| c == ';' || !c.is_ascii() || c.is_ascii_control());
    if breaks(path) || domain.is_some_and(breaks) {
        return Err(SessionsError::new(
            "the path or the domain of the session's cookie has a character that is not allowed there",
        ));
    }
    let is_host = name.starts_with("__Host-");
    if (name.starts_with("__Secure-") || is_host) && !secure {
        return Err(SessionsError::new(format!(
            "the cookie {name} has to be Secure: remove `.secure(false)`"
        )));
    }
    if is_host && (path != "/" || domain.is_some()) {
        return Err(SessionsError::new(format!(
            "the cookie {name} can have no domain, and no other path than `/`: remove `.domain(…)` and `.path(…)`"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Passwords;

    const SECRET: &str = "a-secret-of-the-tests-0123456789abcdef";

    #[test]
    fn the_name_and_secure_follow_the_package() {
        type Case = (fn(&str) -> Sessions, &'static str, bool);
        let cases: &[Case] = &[
            (|s| Sessions::next_auth(s).unwrap(), "next-auth.session-token", false),
            (|s| Sessions::next_auth(s).unwrap().secure(true), "__Secure-next-auth.session-token", true),
            (|s| Sessions::auth_js(s).unwrap(), "authjs.session-token", false),
            (|s| Sessions::auth_js(s).unwrap().secure(true), "__Secure-authjs.session-token", true),
            (|s| Sessions::auth_js(s).unwrap().cookie_name("sid").secure(true), "sid", true),
            (|s| Sessions::auth_js(s).unwrap().cookie_name("__Host-sid"), "__Host-sid", true),
            (|s| Sessions::iron(s).unwrap().cookie_name("sid"), "sid", true),
            (|s| Sessions::iron(s).unwrap().cookie_name("sid").secure(false), "sid", false),
        ];
        for (sessions, name, secure) in cases {
            let store = sessions(SECRET).store().unwrap();
            assert_eq!((&*store.attributes.name, store.attributes.secure), (*name, *secure));
        }
    }

    #[test]
    fn wrong_settings_are_named_at_once() {
        let iron = || Sessions::iron(SECRET).unwrap();
        let named = |name: &str| iron().cookie_name(name);
        let store = |sessions: Sessions| sessions.store().err();
        let cases = [
            (Sessions::next_auth("").err(), "is empty"),
            (Sessions::auth_js("").err(), "is empty"),
            (Sessions::auth_js(SECRET).unwrap().try_or_secret("").err(), "is empty"),
            (Sessions::iron("31 characters, which is too few").err(), "at least 32"),
            (Sessions::iron([(1, SECRET), (1, SECRET)]).err(), "the same id"),
            (Sessions::iron(Vec::<(u32, String)>::new()).err(), "at least 32"),
            (iron().try_or_secret("short").err(), "at least 32"),
            (store(iron()), "no default name"),
            (store(named("a b")), "not a token"),
            (store(named("a").path("/; Domain=evil")), "not allowed"),
            (store(named("a").domain("a\nb")), "not allowed"),
            (store(named("__Secure-a").secure(false)), "has to be Secure"),
            (store(named("__Host-a").domain("example.com")), "no domain"),
            (store(named("__Host-a").path("/api")), "no domain"),
        ];
        for (error, part) in cases {
            let error = error.unwrap().to_string();
            assert!(error.contains(part) && !error.contains(SECRET), "{error}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let sessions = Sessions::iron([(1, SECRET), (2, SECRET)]).unwrap().cookie_name("sid");
        assert!(
            format!("{sessions:?}")
                .starts_with("Sessions { package: \"iron-session\", cookie_name: Some(\"sid\")")
        );
        assert_eq!(format!("{:?}", Passwords::from([(1, SECRET), (2, SECRET)])), "{2, 1}");
        assert_eq!(format!("{:?}", sessions.prepare()), "Store { cookie: \"sid\", .. }");
    }
}
