//! A response that was created from an error, with the error in its extensions.

use super::Error;
use crate::body::Body;
use http::{Extensions, Response};
use std::sync::{Arc, Mutex, PoisonError};

/// The error from which a layer has created a response, in the extensions of that response.
///
/// A router takes it out, so that the error passes through its hooks and its log. Outside a router the response is sent
/// as it is.
#[derive(Clone)]
pub(crate) struct ErrorResponse(Arc<Mutex<Option<Error>>>);

/// Marks the response to an error, of a layer or of a route, also after the hooks have seen it.
#[derive(Clone, Copy)]
struct OfError;

impl ErrorResponse {
    /// Creates the response to an error, with the error in its extensions.
    pub(crate) fn respond(error: Error) -> Response<Body> {
        let mut response = error.to_response();
        Self::mark(response.extensions_mut());
        response.extensions_mut().insert(Self(Arc::new(Mutex::new(Some(error)))));
        response
    }

    /// Marks a response as that of an error, which no response limit measures.
    pub(crate) fn mark(extensions: &mut Extensions) {
        extensions.insert(OfError);
    }

    /// Returns whether a response is that of an error.
    pub(crate) fn is(extensions: &Extensions) -> bool {
        extensions.get::<OfError>().is_some()
    }

    /// Takes the error out of a response, and returns both. If the status is not the error's, a middleware has replaced
    /// the response, and the error is dropped.
    pub(crate) fn split(mut response: Response<Body>) -> (Response<Body>, Option<Error>) {
        let extension: Option<Self> = response.extensions_mut().remove();
        let error =
            extension.and_then(|Self(error)| error.lock().unwrap_or_else(PoisonError::into_inner).take());
        let error = error.filter(|error| error.status() == response.status());
        (response, error)
    }

    /// Takes the error out of a response, and stores the response in it. Without an error, returns the response.
    pub(crate) fn take(response: Response<Body>) -> Result<Response<Body>, Error> {
        match Self::split(response) {
            (response, None) => Ok(response),
            (response, Some(error)) => Err(error.in_response(response)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    #[test]
    fn a_layer_finds_the_error_unless_the_response_is_another() {
        let respond = || ErrorResponse::respond(Error::new(404, "no").append_header("x-a", 1));
        let response = respond();
        assert_eq!(
            (response.status(), response.headers()["x-a"].to_str().unwrap()),
            (StatusCode::NOT_FOUND, "1")
        );
        assert_eq!(response.body().as_bytes(), Some(&b"no"[..]));
        let (response, error) = ErrorResponse::split(response);
        assert_eq!(error.unwrap().to_string(), "404 Not Found: no");
        assert_eq!(
            (response.status(), response.body().as_bytes()),
            (StatusCode::NOT_FOUND, Some(&b"no"[..]))
        );
        assert!(ErrorResponse::split(response).1.is_none(), "it is there once");

        assert_eq!(ErrorResponse::take(respond()).unwrap_err().status(), StatusCode::NOT_FOUND);
        let mut another = respond();
        *another.status_mut() = StatusCode::OK;
        assert_eq!(ErrorResponse::take(another).unwrap().body().as_bytes(), Some(&b"no"[..]));
        assert_eq!(
            ErrorResponse::take(Response::new(Body::from("x"))).unwrap().body().as_bytes(),
            Some(&b"x"[..])
        );
    }
}
