//! The settings of sessions.

use super::error::SessionsError;
use super::passwords::Passwords;
use cookie::SameSite;
use std::fmt;
use std::time::Duration;

/// The sessions that a Next.js app sets with NextAuth 4, Auth.js 5 or iron-session: the format, the secrets and the
/// cookie. [`ApiRouter::sessions`](crate::ApiRouter::sessions) takes it.
///
/// Every setting has the default of the package. [`secure`](Self::secure) and [`cookie_name`](Self::cookie_name) have
/// to be those of the app, since they name the cookie.
///
/// ```
/// use tower_api_routes::{ApiRouter, Sessions};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let secret = "a secret of the Next.js app";
/// let sessions = Sessions::next_auth(secret)?.secure(true);
/// let api = ApiRouter::new().sessions(sessions);
/// # Ok(()) }
/// ```
///
/// Guide: [sessions](crate::guide::sessions).
#[derive(Clone)]
#[must_use]
pub struct Sessions {
    pub(super) package: Package,
    pub(super) cookie_name: Option<String>,
    pub(super) secure: Option<bool>,
    pub(super) domain: Option<String>,
    pub(super) path: String,
    pub(super) same_site: SameSite,
    pub(super) max_age: Duration,
    pub(super) clock_tolerance: Duration,
    pub(super) bearer: bool,
    pub(super) chunks: bool,
}

#[derive(Clone)]
pub(super) enum Package {
    NextAuth(Vec<String>),
    AuthJs(Vec<String>),
    Iron(Passwords),
}

const DAY: u64 = 24 * 60 * 60;

impl Sessions {
    /// Reads and writes the sessions of NextAuth 4 (`next-auth@4`), whose `secret` this is.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret is empty.
    pub fn next_auth(secret: impl Into<String>) -> Result<Self, SessionsError> {
        Ok(Self::new(Package::NextAuth(vec![checked(secret.into())?]), 30, 15))
    }

    /// Reads and writes the sessions of Auth.js 5 (`next-auth@5`, `@auth/core`), whose `secret` this is.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret is empty.
    pub fn auth_js(secret: impl Into<String>) -> Result<Self, SessionsError> {
        Ok(Self::new(Package::AuthJs(vec![checked(secret.into())?]), 30, 15))
    }

    /// Reads and writes the sessions of iron-session 8 and 9, whose `password` this is: a text, or several with their
    /// ids, see [`Passwords`].
    ///
    /// The cookie has no default name: set it by [`cookie_name`](Self::cookie_name).
    ///
    /// # Errors
    ///
    /// Returns an error if a password has fewer than 32 characters, or if two have one id.
    pub fn iron(password: impl Into<Passwords>) -> Result<Self, SessionsError> {
        let passwords = password.into();
        passwords.check()?;
        Ok(Self::new(Package::Iron(passwords), 14, 60))
    }

    fn new(package: Package, days: u64, tolerance: u64) -> Self {
        Self {
            package,
            cookie_name: None,
            secure: None,
            domain: None,
            path: "/".into(),
            same_site: SameSite::Lax,
            max_age: Duration::from_secs(days * DAY),
            clock_tolerance: Duration::from_secs(tolerance),
            bearer: false,
            chunks: false,
        }
    }

    /// Adds a secret that opens sessions, and does not seal them, for a rotation: the first secret is the new one.
    ///
    /// The `kid` of a token of Auth.js names its secret, and no other is tried; without one, each is. The id of an iron
    /// seal says which password is tried first. Passwords of iron-session without ids are counted from the last one:
    /// `iron(new)?.or_secret(old)` is `{ 1: old, 2: new }`.
    ///
    /// NextAuth 4 itself has a single secret, so its side signs out everybody when it changes.
    ///
    /// # Panics
    ///
    /// Panics if the secret is empty, or is a password of iron-session with fewer than 32 characters.
    /// [`try_or_secret`](Self::try_or_secret) returns a `Result`.
    #[track_caller]
    pub fn or_secret(self, secret: impl Into<String>) -> Self {
        match self.try_or_secret(secret) {
            Ok(sessions) => sessions,
            Err(error) => panic!("{error}"),
        }
    }

    /// Adds a secret that opens sessions, as [`or_secret`](Self::or_secret) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the secret is empty, or is a password of iron-session with fewer than 32 characters.
    pub fn try_or_secret(mut self, secret: impl Into<String>) -> Result<Self, SessionsError> {
        let secret = secret.into();
        match &mut self.package {
            Package::NextAuth(secrets) | Package::AuthJs(secrets) => secrets.push(checked(secret)?),
            Package::Iron(passwords) => passwords.add(secret)?,
        }
        Ok(self)
    }

    /// Sets the name of the cookie. Default: that of the package, with its prefix if [`secure`](Self::secure) is on.
    ///
    /// | package | name | over HTTPS |
    /// | --- | --- | --- |
    /// | NextAuth 4 | `next-auth.session-token` | `__Secure-next-auth.session-token` |
    /// | Auth.js 5 | `authjs.session-token` | `__Secure-authjs.session-token` |
    /// | iron-session | none | |
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// Sets whether the cookie has the attribute `Secure`: true for an app that browsers reach over HTTPS.
    ///
    /// With NextAuth and Auth.js it also determines the default name. Default: true for iron-session, and for a
    /// [`cookie_name`](Self::cookie_name) that begins with `__Secure-` or `__Host-`; otherwise false, as for an app on
    /// `http://localhost:3000`.
    pub fn secure(mut self, secure: bool) -> Self {
        self.secure = Some(secure);
        self
    }

    /// Sets the attribute `Domain` of the cookies. Default: none, so that they belong to the host.
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the attribute `Path` of the cookies. Default: `/`.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Sets the attribute `SameSite` of the cookies. Default: `Lax`.
    pub fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// Sets how long a session that is set is valid, in whole seconds. Default: 30 days; for iron-session 14.
    ///
    /// It is `session.maxAge` of NextAuth and Auth.js, and `ttl` of iron-session, where zero means for ever. The cookie
    /// of iron-session ends a minute earlier, as there.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// Sets by how much the clocks of the two servers may differ when a session expires, in whole seconds. Default: 15
    /// seconds; for iron-session 60.
    pub fn clock_tolerance(mut self, tolerance: Duration) -> Self {
        self.clock_tolerance = tolerance;
        self
    }

    /// Sets whether a request without the cookie may have the token in `Authorization: Bearer …`, percent-encoded, as
    /// the `getToken` of NextAuth and Auth.js reads it. Default: false.
    pub fn bearer(mut self, on: bool) -> Self {
        self.bearer = on;
        self
    }

    /// Sets whether a session of iron-session that is too long for one cookie is cut into up to four, which version 9
    /// does with `chunk: true` and version 8 cannot read. Default: false, so such a session is a 500.
    ///
    /// Chunks are read in any case. NextAuth and Auth.js always cut.
    pub fn chunks(mut self, on: bool) -> Self {
        self.chunks = on;
        self
    }
}

fn checked(secret: String) -> Result<String, SessionsError> {
    if secret.is_empty() {
        return Err(SessionsError::new("the secret of the sessions is empty: copy it from the Next.js app"));
    }
    Ok(secret)
}

/// Shows no secret.
impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = match self.package {
            Package::NextAuth(_) => "NextAuth 4",
            Package::AuthJs(_) => "Auth.js 5",
            Package::Iron(_) => "iron-session",
        };
        f.debug_struct("Sessions")
            .field("package", &package)
            .field("cookie_name", &self.cookie_name)
            .field("secure", &self.secure)
            .finish_non_exhaustive()
    }
}
