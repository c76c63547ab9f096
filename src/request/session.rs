//! Reads the session.

use super::ApiRequest;
use crate::error::Error;
use crate::response::Result;
use crate::session::{Opened, Store};
use http::StatusCode;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::sync::Arc;

impl<B> ApiRequest<B> {
    /// Returns the session that NextAuth, Auth.js, iron-session or
    /// [`set_session`](crate::ApiResponse::set_session) has set, as a type. The router has the secret; see
    /// [`ApiRouter::sessions`](crate::ApiRouter::sessions).
    ///
    /// With NextAuth and Auth.js it is the token: the claims `name`, `email`, `picture`, `sub`, `iat`, `exp` and `jti`, and
    /// what the callback `jwt` has added. With iron-session it is the object that was saved. Fields that the type does
    /// not have are skipped.
    ///
    /// Returns `None` for a cookie that is missing, forged, cut, expired or not yet valid. An event at the level debug
    /// says which of these it is. The session is opened once for each request.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_api_routes::{ApiRequest, ApiResponse, OrStatus as _, Result};
    ///
    /// #[derive(Deserialize)]
    /// struct User { email: String }
    ///
    /// async fn me(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let user: User = req.session()?.or_status(401)?;
    ///     res.json(&user.email)
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error, a 500 through `?`, if the router has no sessions, and if a session that is authentic does not
    /// fit the type, or is JSON that `serde_json` does not read: a lone surrogate, or 128 levels.
    ///
    /// Source: [`getToken`](https://next-auth.js.org/configuration/nextjs#gettoken),
    /// [`getIronSession`](https://github.com/vvo/iron-session#usage).
    pub fn session<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        self.opened_session()?.read()
    }

    /// Returns the value of the session's cookie, its chunks joined, which has not been opened: for sessions in a
    /// database, whose cookie has their id.
    ///
    /// Returns `None` if there is no such cookie, and if the router has no [`sessions`](crate::ApiRouter::sessions), which
    /// name the cookie. With [`Sessions::bearer`](crate::Sessions::bearer) the token may be in `Authorization`.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, OrStatus as _, Result};
    ///
    /// # async fn user_of(_id: &str) -> Result<Option<String>> { Ok(None) }
    /// async fn me(req: ApiRequest, res: ApiResponse) -> Result {
    ///     let id = req.session_token().or_status(401)?;
    ///     // SELECT … FROM sessions JOIN users … WHERE "sessionToken" = $1 AND expires > now()
    ///     let user = user_of(&id).await?.or_status(401)?;
    ///     res.json(&user)
    /// }
    /// ```
    pub fn session_token(&self) -> Option<Cow<'_, str>> {
        self.sessions().ok()?.token(self.cookies(), self.headers())
    }

    /// Checks the CSRF token that a form of NextAuth or Auth.js sends: the `csrfToken` of the body, which `GET
    /// /api/auth/csrf` has returned.
    ///
    /// The cookie `next-auth.csrf-token`, or `authjs.csrf-token`, with the prefix `__Host-` over HTTPS, has the same token
    /// and a hash that only the app can have made. The two are compared in constant time.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_api_routes::{ApiRequest, ApiResponse, Result};
    ///
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct SignOut { csrf_token: String }
    ///
    /// async fn sign_out(req: ApiRequest<SignOut>, res: ApiResponse) -> Result {
    ///     req.check_csrf(&req.body().csrf_token)?;
    ///     res.clear_session().redirect("/")
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a 403 `Invalid CSRF token` if the cookie is missing or forged, or if the token is another one; with
    /// iron-session, which has no such cookie, always. Returns a 500 if the router has no sessions.
    ///
    /// Source: [CSRF protection](https://next-auth.js.org/getting-started/rest-api#get-apiauthcsrf).
    pub fn check_csrf(&self, token: &str) -> Result<()> {
        if self.sessions()?.has_csrf_token(self.cookies(), token) {
            return Ok(());
        }
        Err(Error::new(StatusCode::FORBIDDEN, "Invalid CSRF token"))
    }

    /// Returns the session, opening it at the first use.
    pub(crate) fn opened_session(&self) -> Result<&Opened> {
        let store = self.sessions()?;
        Ok(self.head.session.get_or_init(|| match self.extensions.get::<Opened>() {
            Some(opened) if opened.is_of(store, self.cookies(), self.headers()) => opened.clone(),
            _ => Opened::new(store, self.cookies(), self.headers(), (&self.head.error_context()).into()),
        }))
    }

    fn sessions(&self) -> Result<&Arc<Store>> {
        self.head.context.settings.sessions()
    }
}
