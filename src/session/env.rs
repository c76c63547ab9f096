//! The variables that NextAuth 4 and Auth.js 5 read.

use super::error::SessionsError;
use super::sessions::Sessions;

impl Sessions {
    /// Reads the secret and `secure` from the variables that NextAuth 4 reads.
    ///
    /// The secret is `NEXTAUTH_SECRET`, or `AUTH_SECRET` if that is not set. The cookie is `Secure` if `NEXTAUTH_URL` is of
    /// the scheme `https`, or has none; without it, if `VERCEL` or `AUTH_TRUST_HOST` is set. With `AUTH_TRUST_HOST` NextAuth
    /// asks each request; here the program decides, so set [`secure(false)`](Self::secure) for an app that browsers reach
    /// over HTTP.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no secret, or if it is empty.
    pub fn next_auth_from_env() -> Result<Self, SessionsError> {
        next_auth(variable)
    }

    /// Reads the secrets and `secure` from the variables that Auth.js 5 reads in Next.js.
    ///
    /// The secret is `AUTH_SECRET`, or `NEXTAUTH_SECRET` if that is not set. Only without both, `AUTH_SECRET_3`, `_2` and
    /// `_1` are the secrets, in this order. The cookie is `Secure` unless `AUTH_URL`, or without it `NEXTAUTH_URL`,
    /// begins with `http://`. Auth.js without these variables asks each request; here the program decides, so set
    /// [`secure(false)`](Self::secure) for `next dev`.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no secret.
    pub fn auth_js_from_env() -> Result<Self, SessionsError> {
        auth_js(variable)
    }
}

/// Returns an environment variable, also an empty one.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns whether a URL is of this scheme, in lower or upper case.
fn has_scheme(url: &str, scheme: &str) -> bool {
    url.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(scheme))
}

fn next_auth(variable: impl Fn(&str) -> Option<String>) -> Result<Sessions, SessionsError> {
    let secret = variable("NEXTAUTH_SECRET").or_else(|| variable("AUTH_SECRET"));
    let secret = secret
        .ok_or_else(|| SessionsError::new("set the variable NEXTAUTH_SECRET, as in the Next.js app"))?;
    let given = |value: &String| !value.is_empty();
    let secure = match variable("NEXTAUTH_URL").filter(given) {
        // NextAuth puts `https://` before what does not begin like this.
        Some(url) => !url.starts_with("http") || has_scheme(&url, "https"),
        None => variable("VERCEL").or_else(|| variable("AUTH_TRUST_HOST")).is_some_and(|value| given(&value)),
    };
    Ok(Sessions::next_auth(secret)?.secure(secure))
}

fn auth_js(variable: impl Fn(&str) -> Option<String>) -> Result<Sessions, SessionsError> {
    // JavaScript's `??` takes an empty text, which then counts as no secret.
    let secret = variable("AUTH_SECRET").or_else(|| variable("NEXTAUTH_SECRET"));
    let given = |secret: &String| !secret.is_empty();
    let secrets: Vec<_> = if let Some(secret) = secret.filter(given) {
        vec![secret]
    } else {
        let numbered = ["AUTH_SECRET_3", "AUTH_SECRET_2", "AUTH_SECRET_1"];
        numbered.into_iter().filter_map(&variable).filter(given).collect()
    };
    let Some((first, others)) = secrets.split_first() else {
        return Err(SessionsError::new("set the variable AUTH_SECRET, as in the Next.js app"));
    };
    let url = variable("AUTH_URL").or_else(|| variable("NEXTAUTH_URL"));
    let secure = !url.is_some_and(|url| has_scheme(&url, "http"));
    let sessions = Sessions::auth_js(first)?.secure(secure);
    others.iter().try_fold(sessions, Sessions::try_or_secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = fn(&dyn Fn(&str) -> Option<String>) -> Result<Sessions, SessionsError>;

    /// Returns the cookie of the session that is sealed with variables, if one with this secret opens it.
    fn sealed(read: Read, variables: &[(&str, &str)], secret: &str) -> Result<Option<String>, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let store = read(&variable).map_err(|error| error.to_string())?.prepare();
        let cookie =
            store.set(&serde_json::json!({}), &crate::cookies::Cookies::default()).unwrap().remove(0);
        let with = |name: &str| match name {
            "NEXTAUTH_SECRET" | "AUTH_SECRET" => Some(secret.to_owned()),
            "NEXTAUTH_URL" | "AUTH_URL" => {
                Some(format!("http{}://", if cookie.secure() == Some(true) { "s" } else { "" }))
            }
            _ => None,
        };
        let header = format!("{}={}", cookie.name(), cookie.value()).parse().unwrap();
        let headers = http::HeaderMap::from_iter([(http::header::COOKIE, header)]);
        let cookies = crate::cookies::Cookies::from_headers(&headers);
        let store = read(&with).unwrap().prepare();
        let opened = store.open(store.token(&cookies, &headers).as_deref(), &cookies);
        Ok(opened.ok().map(|_| cookie.name().to_owned()))
    }

    #[test]
    fn each_version_reads_its_variables_in_order() {
        type Case<'a> = (Read, &'a [(&'a str, &'a str)], Result<(&'a str, &'a str), &'a str>);
        let next_auth: Read = |variable| next_auth(variable);
        let auth_js: Read = |variable| auth_js(variable);
        let (plain, secure) = ("next-auth.session-token", "__Secure-next-auth.session-token");
        let (plain_5, secure_5) = ("authjs.session-token", "__Secure-authjs.session-token");
        let cases: &[Case<'_>] = &[
            (next_auth, &[("NEXTAUTH_SECRET", "a"), ("AUTH_SECRET", "b")], Ok(("a", plain))),
            (next_auth, &[("AUTH_SECRET", "b"), ("AUTH_URL", "https://x")], Ok(("b", plain))),
            (next_auth, &[("NEXTAUTH_SECRET", "a"), ("NEXTAUTH_URL", "https://x")], Ok(("a", secure))),
            (
                next_auth,
                &[("NEXTAUTH_SECRET", "a"), ("NEXTAUTH_URL", "http://x"), ("VERCEL", "1")],
                Ok(("a", plain)),
            ),
            (next_auth, &[("NEXTAUTH_SECRET", "a"), ("VERCEL", "1")], Ok(("a", secure))),
            (next_auth, &[("NEXTAUTH_SECRET", "a"), ("NEXTAUTH_URL", "example.com")], Ok(("a", secure))),
            (
                next_auth,
                &[("NEXTAUTH_SECRET", "a"), ("NEXTAUTH_URL", ""), ("VERCEL", "1")],
                Ok(("a", secure)),
            ),
            (next_auth, &[("NEXTAUTH_SECRET", "a"), ("AUTH_TRUST_HOST", "true")], Ok(("a", secure))),
            (
                next_auth,
                &[("NEXTAUTH_SECRET", "a"), ("VERCEL", ""), ("AUTH_TRUST_HOST", "true")],
                Ok(("a", plain)),
            ),
            (next_auth, &[("NEXTAUTH_SECRET", "a"), ("NEXTAUTH_URL", "")], Ok(("a", plain))),
            (next_auth, &[("NEXTAUTH_SECRET", ""), ("AUTH_SECRET", "b")], Err("is empty")),
            (next_auth, &[], Err("set the variable NEXTAUTH_SECRET")),
            (auth_js, &[("NEXTAUTH_SECRET", "a"), ("AUTH_SECRET", "b")], Ok(("b", secure_5))),
            (auth_js, &[("NEXTAUTH_SECRET", "a"), ("NEXTAUTH_URL", "http://x")], Ok(("a", plain_5))),
            (
                auth_js,
                &[("AUTH_SECRET", "b"), ("AUTH_URL", "https://x"), ("NEXTAUTH_URL", "http://x")],
                Ok(("b", secure_5)),
            ),
            (auth_js, &[("AUTH_SECRET", "b"), ("AUTH_SECRET_1", "c")], Ok(("b", secure_5))),
            (auth_js, &[("AUTH_SECRET", "b"), ("AUTH_URL", "HTTP://x")], Ok(("b", plain_5))),
            (auth_js, &[("AUTH_SECRET", "b"), ("AUTH_URL", "")], Ok(("b", secure_5))),
            (auth_js, &[("AUTH_SECRET_1", "c"), ("AUTH_SECRET_3", "d")], Ok(("d", secure_5))),
            (
                auth_js,
                &[("AUTH_SECRET", ""), ("NEXTAUTH_SECRET", "a"), ("AUTH_SECRET_1", "c")],
                Ok(("c", secure_5)),
            ),
            (auth_js, &[("AUTH_SECRET", "")], Err("set the variable AUTH_SECRET")),
        ];
        for (read, variables, expected) in cases {
            let (secret, name) = expected.unwrap_or_default();
            match sealed(*read, variables, if secret.is_empty() { "any" } else { secret }) {
                Ok(found) => assert_eq!(found.as_deref(), Some(name), "{variables:?}"),
                Err(error) => assert!(error.contains(expected.unwrap_err()), "{variables:?}: {error}"),
            }
        }
    }
}
