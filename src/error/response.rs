//! A response that carries the error that it stands for.

use super::Error;
use crate::body::Body;
use http::Response;
use std::sync::{Arc, Mutex, PoisonError};

/// In the extensions of a response that a layer has made of an error. A router takes it out, so that the error passes through
/// its hooks and its log; elsewhere the response is sent as it is.
#[derive(Clone)]
pub(crate) struct ErrorResponse(Arc<Mutex<Option<Error>>>);

impl ErrorResponse {
    /// Creates the response to an error, which carries the error.
    pub(crate) fn respond(error: Error) -> Response<Body> {
        let mut response = error.to_response();
        response.extensions_mut().insert(Self(Arc::new(Mutex::new(Some(error)))));
        response
    }

    /// Splits a response into itself and the error that it carries. If its status is not the error's, a middleware has
    /// replaced the response, which is left alone.
    pub(crate) fn split(mut response: Response<Body>) -> (Response<Body>, Option<Error>) {
        let carried: Option<Self> = response.extensions_mut().remove();
        let error =
            carried.and_then(|Self(error)| error.lock().unwrap_or_else(PoisonError::into_inner).take());
        let error = error.filter(|error| error.status() == response.status());
        (response, error)
    }

    /// Returns the error that a response carries, together with the response, or the response alone.
    pub(crate) fn take(response: Response<Body>) -> Result<Response<Body>, Error> {
        match Self::split(response) {
            (response, None) => Ok(response),
            (response, Some(error)) => Err(error.in_response(response)),
        }
    }
}
