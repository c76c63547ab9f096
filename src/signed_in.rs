//! Refuses requests without a session.

use crate::body::{Body, BoxError};
use crate::error::Error;
use crate::handler::{Next, RouteService, from_fn};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use bytes::Buf;
use http::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use tower_layer::Layer;
use tower_service::Service;

/// Refuses requests without a session with 401, before the body is read: as a layer of a handler or of a router, and in a
/// function.
///
/// The router has the secret; see [`ApiRouter::sessions`](crate::ApiRouter::sessions). What counts is that there is a
/// session. With iron-session, which has one also for visitors, use [`by`](SignedIn::by).
///
/// ```
/// use serde::Deserialize;
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, HandlerExt as _, Result, Sessions, signed_in};
///
/// #[derive(Deserialize)]
/// struct User { admin: bool }
///
/// async fn me(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }
/// async fn delete(_req: ApiRequest, res: ApiResponse) -> Result { res.end() }
///
/// # fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
/// # let secret = "a secret of the Next.js app";
/// let api = ApiRouter::new()
///     .sessions(Sessions::next_auth(secret)?)
///     .route("/api/delete", delete.layer(signed_in().when(|user: &User| user.admin))) // 403 for other users
///     .route("/api/me", me)
///     .route_layer(signed_in());
/// # Ok(()) }
/// ```
pub fn signed_in() -> SignedIn {
    SignedIn { checks: Vec::new(), body: None }
}

/// A layer that refuses requests without a session, created by [`signed_in`].
#[derive(Clone)]
#[must_use]
pub struct SignedIn {
    checks: Vec<(StatusCode, Arc<Check>)>,
    /// Makes the error of a refusal with its JSON.
    body: Option<Arc<Refuse>>,
}

type Check = dyn Fn(&ApiRequest<Body>) -> Result<bool> + Send + Sync;
type Refuse = dyn Fn(StatusCode) -> Error + Send + Sync;

impl SignedIn {
    /// Adds a condition on the session: a request whose session does not meet it is a 403 `Forbidden`.
    ///
    /// The closure names the type. A session that does not fit the type is an error, as for
    /// [`ApiRequest::session`](crate::ApiRequest::session).
    pub fn when<T, F>(self, condition: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        self.with_check(StatusCode::FORBIDDEN, condition)
    }

    /// Adds a condition for a session to be that of a user: without it the request is a 401 `Unauthorized`, like one
    /// without a session.
    ///
    /// ```
    /// use serde::Deserialize;
    /// use tower_api_routes::signed_in;
    ///
    /// // iron-session: `session.isLoggedIn = true` after the password was right
    /// #[derive(Deserialize)]
    /// #[serde(rename_all = "camelCase", default)]
    /// #[derive(Default)]
    /// struct Session { is_logged_in: bool }
    ///
    /// let users = signed_in().by(|session: &Session| session.is_logged_in);
    /// ```
    pub fn by<T, F>(self, condition: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        self.with_check(StatusCode::UNAUTHORIZED, condition)
    }

    /// Sets the JSON body of a refusal. Default: the text `Unauthorized` or `Forbidden`.
    ///
    /// Either is an [`Error`], which [`map_error`](crate::ApiRouter::map_error) can reword. A value that cannot be
    /// serialized makes the refusal a 500.
    ///
    /// ```
    /// use serde_json::json;
    /// use tower_api_routes::signed_in;
    ///
    /// let users = signed_in().json(json!({ "error": "You must be signed in." }));
    /// ```
    pub fn json<T: Serialize + Send + Sync + 'static>(mut self, body: T) -> Self {
        self.body = Some(Arc::new(move |status| Error::json(status, &body)));
        self
    }

    /// Refuses the request, or passes it on: for a function that does more than that, such as the `middleware` of a
    /// `_middleware.rs`.
    ///
    /// ```
    /// use tower_api_routes::{ApiRequest, ApiResponse, Body, Next, Result, signed_in};
    ///
    /// pub async fn middleware(req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
    ///     signed_in().run(req, res, next).await
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns a 401 or a 403, and the errors of [`Next::run`] and of
    /// [`ApiRequest::session`](crate::ApiRequest::session).
    pub async fn run(self, req: ApiRequest<Body>, res: ApiResponse, next: Next) -> Result {
        self.check(&req)?;
        next.run(req, res).await
    }

    fn with_check<T, F>(mut self, status: StatusCode, condition: F) -> Self
    where
        T: DeserializeOwned,
        F: Fn(&T) -> bool + Send + Sync + 'static,
    {
        let check =
            move |req: &ApiRequest<Body>| Ok(req.session::<T>()?.is_some_and(|session| condition(&session)));
        self.checks.push((status, Arc::new(check)));
        self
    }

    fn check(&self, req: &ApiRequest<Body>) -> Result<()> {
        if !req.opened_session()?.exists() {
            return Err(self.refusal(StatusCode::UNAUTHORIZED));
        }
        for (status, check) in &self.checks {
            if !check(req)? {
                return Err(self.refusal(*status));
            }
        }
        Ok(())
    }

    fn refusal(&self, status: StatusCode) -> Error {
        match &self.body {
            Some(body) => body(status),
            None => Error::new(status, status.canonical_reason().unwrap_or_default()),
        }
    }
}

impl<S, R> Layer<S> for SignedIn
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Service = RouteService;

    fn layer(&self, inner: S) -> RouteService {
        let signed_in = self.clone();
        from_fn(move |req, res, next| signed_in.clone().run(req, res, next)).layer(inner)
    }
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("conditions", &self.checks.len()).finish_non_exhaustive()
    }
}
