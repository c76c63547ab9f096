use std::fmt;

/// Error returned when a route, or a set of routes, is not valid.
///
/// The message names the routes, and says what to change:
///
/// ```
/// # #[cfg(feature = "runtime")] {
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
///
/// async fn show(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
///
/// let error = ApiRouter::new()
///     .route("/api/post/[id]", show)
///     .try_route("/api/post/[slug]/edit", show)
///     .unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the routes `/api/post/[id]` and `/api/post/[slug]/edit` have two names for one parameter, `[id]` and `[slug]`: \
///      use the same name in both",
/// );
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteError {
    kind: RouteErrorKind,
    message: Box<str>,
}

/// The kinds of [`RouteError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteErrorKind {
    /// The route itself is not well formed.
    Syntax,
    /// A route has two parameters of the same name.
    RepeatedSlug,
    /// Two routes have different names for the parameter at one level.
    DifferentSlugNames,
    /// Two routes have `[...a]` and `[[...a]]` at one level.
    RequiredAndOptional,
    /// A route matches a path that an optional catch-all below it matches too.
    SameSpecificity,
    /// A route, or a method of one route, is registered twice.
    Duplicate,
    /// The handler and its configuration contradict each other.
    Config,
}

impl RouteError {
    pub(crate) fn new(kind: RouteErrorKind, message: impl Into<Box<str>>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn syntax(route: &str, problem: impl fmt::Display) -> Self {
        Self::new(RouteErrorKind::Syntax, format!("the route `{route}` is not valid: {problem}"))
    }

    pub(crate) fn repeated(route: &str, problem: impl fmt::Display) -> Self {
        Self::new(RouteErrorKind::RepeatedSlug, format!("the route `{route}` is not valid: {problem}"))
    }

    /// Returns the value of a result, or panics with the sentence of its error.
    ///
    /// The panic names the line of the caller. A closure, as in `unwrap_or_else`, would name its own.
    #[cfg(feature = "runtime")]
    #[track_caller]
    pub(crate) fn or_panic<T>(result: Result<T, Self>) -> T {
        match result {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> RouteErrorKind {
        self.kind
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RouteError {}
