//! Builds the arguments of a handler for unit tests.

use super::binding::Binding;
use super::call::{Call, Setup};
use crate::body::{Body, BoxError};
use crate::body_parser::FromBody;
use crate::config::RouteConfig;
use crate::context::{Matched, Settings};
use crate::request::ApiRequest;
use crate::response::{ApiResponse, Result};
use crate::routing::{MatchedPath, MatchedRoute, Matcher, Pattern, RouteError, Tree};
use bytes::Buf;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

/// Builds the arguments of a handler from an [`http::Request`], so that a unit test can call the handler without a router.
///
/// ```
/// use tower_api_routes::{ApiRequest, ApiResponse, Body, HandlerInput, Result};
///
/// struct Greeting(&'static str);
///
/// async fn greet(req: ApiRequest, res: ApiResponse) -> Result {
///     let greeting = req.state::<Greeting>()?.0;
///     let name = req.query().get("name").unwrap_or("nobody");
///     res.status(201).send(format!("{greeting}, {name}"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
/// let request = http::Request::get("/api/greet/ann").body(Body::empty())?;
/// let input = HandlerInput::new(request).route("/api/greet/[name]").state(Greeting("Hello"));
/// let (req, res) = input.build().await?;
///
/// let response = greet(req, res).await?;
/// assert_eq!(response.status().unwrap(), 201);
/// let response: http::Response<Body> = response.into();
/// assert_eq!(response.into_body().as_bytes(), Some(&b"Hello, ann"[..]));
/// # Ok(()) }
/// ```
///
/// Guide: [testing](crate::guide::testing).
///
/// What a router does after the handler has returned (errors, deadlines, response limits) is not included: test it
/// with a router and
/// [`tower::ServiceExt::oneshot`](https://docs.rs/tower/0.5/tower/trait.ServiceExt.html#method.oneshot).
#[must_use]
pub struct HandlerInput {
    request: http::Request<Body>,
    pattern: Option<Pattern>,
    config: RouteConfig,
    settings: Settings,
}

impl HandlerInput {
    /// Creates the input of a handler from a request. The handler gets the extensions of the request.
    pub fn new<B>(request: http::Request<B>) -> Self
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let (config, settings) = (RouteConfig::new(), Settings::default());
        Self { request: request.map(Body::new), pattern: None, config, settings }
    }

    /// Sets the route, which determines the parameters of the request. Default: none, as in a fallback.
    ///
    /// # Panics
    ///
    /// Panics if the route is not valid, or does not match the path of the request.
    #[track_caller]
    pub fn route(mut self, pattern: &str) -> Self {
        let pattern = RouteError::or_panic(Pattern::parse(pattern));
        let (mut tree, path) = (Tree::default(), self.request.uri().path());
        RouteError::or_panic(tree.insert(pattern.clone()));
        assert!(
            Matcher::new(&tree).is_ok_and(|matcher| matcher.find(path).is_some()),
            "the route `{pattern}` is not valid: it does not match the path `{path}`"
        );
        self.pattern = Some(pattern);
        self
    }

    /// Sets the configuration of the route. Default: the built-in defaults.
    pub fn config(mut self, config: RouteConfig) -> Self {
        self.config = config;
        self
    }

    /// Adds a value that the handler finds by its type, as [`ApiRouter::state`](crate::ApiRouter::state) does.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.settings.set_state(value);
        self
    }

    /// Sets the sessions, as [`ApiRouter::sessions`](crate::ApiRouter::sessions) does.
    ///
    /// # Panics
    ///
    /// Panics if the cookie has no name, or one that a browser would refuse.
    #[cfg(feature = "session")]
    #[track_caller]
    pub fn sessions(mut self, sessions: crate::session::Sessions) -> Self {
        self.settings.sessions = Some(sessions.prepare());
        self
    }

    /// Reads the body, and returns the arguments of the handler.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler cannot take the body: a 400, 413, 415 or 422, as in a router.
    pub async fn build<B: FromBody, T: ?Sized>(self) -> Result<(ApiRequest<B>, ApiResponse<T>)> {
        let name = |pattern: &Pattern| MatchedRoute::new(pattern.as_str());
        let route = self.pattern.map(|pattern| Matched { name: name(&pattern), pattern });
        let settings = Arc::new(self.settings);
        let binding = Binding { own: self.config, route, settings, ..Binding::default() };
        let setup = Setup::for_handler(&binding, B::NEEDS);
        let (call, mut reading) = Call::begin(&setup, self.request, MatchedPath::default());
        let (body, raw) = B::from_read(poll_fn(|cx| reading.poll(cx)).await)?;
        let (request, response) = call.into_arguments(body, raw);
        Ok((request, response.typed()))
    }
}

impl fmt::Debug for HandlerInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerInput").field("request", &self.request).finish_non_exhaustive()
    }
}
