use crate::body::BoxError;
use crate::error::Chain;
use http::StatusCode;
use std::fmt;
use std::time::Duration;

/// Error returned when a page was not revalidated on every server.
///
/// The message names the path, and the result of each server that failed.
#[derive(Debug)]
pub struct RevalidateError {
    path: Box<str>,
    kind: RevalidateErrorKind,
}

/// The kinds of [`RevalidateError`].
#[derive(Debug)]
#[non_exhaustive]
pub enum RevalidateErrorKind {
    /// The path does not start with a slash, or is not a path.
    InvalidPath,
    /// The router has no revalidator; see [`ApiRouter::revalidator`](crate::ApiRouter::revalidator).
    NoRevalidator,
    /// A server has failed. Holds the results of all servers, in their order.
    Failed(Vec<OriginResult>),
}

/// The result of one server.
#[derive(Debug)]
pub struct OriginResult {
    /// The name of the server, such as `http://10.0.0.1:3000`.
    pub origin: String,
    /// The status of the rendered page, or why none was rendered.
    pub result: Result<StatusCode, NotRevalidated>,
}

/// Why one server has not rendered a page again.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotRevalidated {
    /// The response has this status, and does not report the page as revalidated.
    Status(StatusCode),
    /// There was no response within this time.
    Timeout(Duration),
    /// The server could not be reached, or its response was not HTTP.
    Unreachable(BoxError),
}

impl RevalidateError {
    pub(super) fn invalid_path(path: &str) -> Self {
        Self { path: path.into(), kind: RevalidateErrorKind::InvalidPath }
    }

    pub(super) fn absent(path: &str) -> Self {
        Self { path: path.into(), kind: RevalidateErrorKind::NoRevalidator }
    }

    pub(super) fn unless_all_succeeded(
        path: &str,
        results: Vec<OriginResult>,
    ) -> Result<Vec<OriginResult>, Self> {
        if results.iter().all(|origin| origin.result.is_ok()) {
            return Ok(results);
        }
        Err(Self { path: path.into(), kind: RevalidateErrorKind::Failed(results) })
    }

    /// Returns the path that was to be revalidated.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the kind of the error.
    pub fn kind(&self) -> &RevalidateErrorKind {
        &self.kind
    }

    /// Returns the result of each server, in order. Empty if no request was sent.
    pub fn results(&self) -> &[OriginResult] {
        match &self.kind {
            RevalidateErrorKind::Failed(results) => results,
            RevalidateErrorKind::InvalidPath | RevalidateErrorKind::NoRevalidator => &[],
        }
    }
}

impl fmt::Display for RevalidateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &*self.path;
        let results = match &self.kind {
            RevalidateErrorKind::InvalidPath => {
                return write!(f, "cannot revalidate {path:?}: a path starts with a slash, as /blog/post-1");
            }
            RevalidateErrorKind::NoRevalidator => {
                return write!(
                    f,
                    "cannot revalidate {path}: add a revalidator to the router with `.revalidator(..)`"
                );
            }
            RevalidateErrorKind::Failed(results) => results,
        };
        write!(f, "failed to revalidate {path}")?;
        let failures =
            results.iter().filter_map(|origin| Some((&origin.origin, origin.result.as_ref().err()?)));
        for (i, (origin, error)) in failures.enumerate() {
            write!(f, "{} {origin}: {}", if i == 0 { ":" } else { ";" }, Chain(error))?;
        }
        Ok(())
    }
}

impl std::error::Error for RevalidateError {}

impl fmt::Display for NotRevalidated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "invalid response {}", status.as_u16()),
            Self::Timeout(time) => write!(f, "no response within {time:?}"),
            Self::Unreachable(_) => f.write_str("the server cannot be reached"),
        }
    }
}

impl std::error::Error for NotRevalidated {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(error) => Some(&**error),
            Self::Status(_) | Self::Timeout(_) => None,
        }
    }
}
