//! A response that was created from an error, with the error in its extensions.

use super::Error;
use crate::body::Body;
use http::Response;
use std::sync::{Arc, Mutex, PoisonError};

/// The error from which a layer has created a response, in the extensions of that response.
///
/// A router takes it out, so that the error passes through its hooks and its log. Outside a router the response is sent
/// as it is.
#[derive(Clone)]
pub(crate) struct ErrorResponse(Arc<Mutex<Option<Error>>>);

impl ErrorResponse {
    /// Creates the response to an error, with the error in its extensions.
    pub(crate) fn respond(error: Error) -> Response<Body> {
        let mut response = error.to_response();
        response.extensions_mut().insert(Self(Arc::new(Mutex::new(Some(error)))));
        response
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
