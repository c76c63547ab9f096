use crate::body::BoxError;
use crate::error::Error;
use http::StatusCode;
use std::fmt;
use std::time::Duration;

/// The error of a [`Proxy`](super::Proxy) that gets no response from the origin.
///
/// It is the source of the errors that the proxy passes to a router:
///
/// ```
/// use tower_api_routes::proxy::ProxyError;
/// use tower_api_routes::{ApiRouter, Error};
///
/// let api = ApiRouter::new().map_error(|error, _request| match error.downcast_ref() {
///     Some(ProxyError::Unreachable(_)) => Error::new(503, "We are back in a minute"),
///     _ => error,
/// });
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyError {
    /// No connection to the origin: 502.
    Unreachable(BoxError),
    /// The origin closed the connection, or its response is not HTTP: 502.
    Broken(BoxError),
    /// No response within this time: 504.
    Timeout(Duration),
    /// The request has passed through this proxy before: 508.
    Loop,
    /// The client sent nothing of its body for this time: 408.
    ClientTimeout(Duration),
    /// The request is malformed, for example with two `Host` headers: 400.
    Malformed(&'static str),
    /// The request cannot be forwarded, for example a `CONNECT`: 501.
    Unsupported(&'static str),
}

impl ProxyError {
    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Unreachable(_) | Self::Broken(_) => StatusCode::BAD_GATEWAY,
            Self::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
            Self::ClientTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Loop => StatusCode::LOOP_DETECTED,
            Self::Unsupported(_) => StatusCode::NOT_IMPLEMENTED,
        }
    }

    pub(super) fn into_error(self) -> Error {
        let status = self.status();
        Error::new(status, status.canonical_reason().unwrap_or_default()).caused_by(self)
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(_) => f.write_str("the origin cannot be reached"),
            Self::Broken(_) => f.write_str("the origin sent no valid response"),
            Self::Timeout(time) => write!(f, "the origin sent no response within {time:?}"),
            Self::ClientTimeout(time) => write!(f, "the client sent nothing of its body for {time:?}"),
            Self::Loop => f.write_str("the request has passed through this proxy before"),
            Self::Malformed(problem) | Self::Unsupported(problem) => f.write_str(problem),
        }
    }
}

impl std::error::Error for ProxyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable(source) | Self::Broken(source) => Some(&**source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn the_connections_error_is_the_source() {
        for error in [ProxyError::Unreachable("refused".into()), ProxyError::Broken("refused".into())] {
            assert_eq!(error.source().expect("a source").to_string(), "refused");
        }
        assert!(ProxyError::Loop.source().is_none());
    }
}
