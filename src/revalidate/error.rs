use super::OriginResult;
use crate::body::BoxError;
use crate::error::Chain;
use http::StatusCode;
use std::fmt;
use std::time::Duration;

/// A page was not revalidated everywhere. Names the path, and for each server what it did.
#[derive(Debug)]
pub struct RevalidateError {
    path: Box<str>,
    kind: RevalidateErrorKind,
}

/// Why a page was not revalidated.
#[derive(Debug)]
#[non_exhaustive]
pub enum RevalidateErrorKind {
    /// The path does not start with a slash, or is no path.
    InvalidPath,
    /// The router has no revalidator: give it one with [`ApiRouter::revalidator`](crate::ApiRouter::revalidator).
    NoRevalidator,
    /// A server did not do it. The results of all servers, in their order.
    Failed(Vec<OriginResult>),
}

/// What one server did in the place of rendering a page anew.
#[derive(Debug)]
#[non_exhaustive]
pub enum NotRevalidated {
    /// It answered with this status, and did not say that the page is revalidated.
    Status(StatusCode),
    /// It did not answer within this time.
    Timeout(Duration),
    /// It could not be reached, or did not answer in HTTP.
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

    /// The path that was to be revalidated.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What went wrong.
    pub fn kind(&self) -> &RevalidateErrorKind {
        &self.kind
    }

    /// The result of each server, in order; empty if none was asked.
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
                    "cannot revalidate {path}: give the router a revalidator with `.revalidator(..)`"
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
            Self::Timeout(time) => write!(f, "no answer within {time:?}"),
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
