//! Sets and clears the session.

use super::ApiResponse;
use super::Result;
use crate::error::Error;
use crate::session::Store;
use cookie::Cookie;
use http::HeaderValue;
use http::header::{Entry, SET_COOKIE};
use serde::Serialize;
use std::sync::Arc;

impl<T: ?Sized> ApiResponse<T> {
    /// Sets the session, which the Next.js app reads like one of its own. The value is an object: a struct or a map.
    ///
    /// With NextAuth and Auth.js it is the token, and `iat`, `exp` and `jti` are set anew, so that a session that was read
    /// and is set again is valid for another 30 days. A long session is cut into several cookies, as by the package, and
    /// those of the request that are not replaced are cleared. A later call, or
    /// [`clear_session`](Self::clear_session), replaces an earlier one.
    ///
    /// The response is a 500 if the router has no [`sessions`](crate::ApiRouter::sessions), if the value cannot be
    /// serialized as an object, and if browsers would refuse the cookie of iron-session.
    ///
    /// ```
    /// use serde_json::json;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn sign_in(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     let session = json!({ "name": "Ada", "email": "ada@example.com", "sub": "42" });
    ///     res.set_session(&session).redirect("/")
    /// }
    /// ```
    pub fn set_session<V: Serialize + ?Sized>(self, session: &V) -> Self {
        self.with_session(|store, res| store.set(session, res.request.cookies()))
    }

    /// Clears the session: the user is signed out. Every cookie of the session that the request has is cleared.
    ///
    /// The response is a 500 if the router has no [`sessions`](crate::ApiRouter::sessions).
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// async fn sign_out(_req: ApiRequest, res: ApiResponse) -> Result {
    ///     res.clear_session().redirect("/")
    /// }
    /// ```
    ///
    /// The token itself stays valid until it expires, as in the packages: only the browser forgets it.
    pub fn clear_session(self) -> Self {
        self.with_session(|store, res| Ok(store.clear(res.request.cookies())))
    }

    fn with_session(
        mut self,
        cookies: impl FnOnce(&Store, &Self) -> Result<Vec<Cookie<'static>>, Error>,
    ) -> Self {
        if self.problem.is_some() {
            return self; // JavaScript would have thrown at the first error
        }
        let store = match self.settings().sessions() {
            Ok(store) => Arc::clone(store),
            Err(error) => {
                self.fail_later(error);
                return self;
            }
        };
        match cookies(&store, &self) {
            Ok(cookies) => {
                // Two cookies of one name confuse a browser, so those that were set before are replaced.
                if let Entry::Occupied(lines) = self.headers_mut().entry(SET_COOKIE) {
                    let (name, lines) = lines.remove_entry_mult();
                    let others: Vec<HeaderValue> =
                        lines.filter(|line| !store.sets(line.as_bytes())).collect();
                    for line in others {
                        self.headers_mut().append(name.clone(), line);
                    }
                }
                cookies.into_iter().fold(self, Self::cookie)
            }
            Err(error) => {
                self.fail_later(error);
                self
            }
        }
    }
}
