//! An error inside of a response: for a service whose error type is `Infallible`.

use crate::body::Body;
use crate::error::Error;
use http::{Extensions, Response};
use std::sync::{Arc, Mutex, PoisonError};

/// In the extensions of a response: the error that the response stands for. A router takes it out, so that the error passes
/// through `map_error` and `on_error`; outside of a router the response is sent as it is.
#[derive(Clone)]
pub(crate) struct ErrorResponse(Arc<Mutex<Option<Error>>>);

impl ErrorResponse {
    /// Creates the response for an error, which carries the error.
    pub(crate) fn respond(error: Error) -> Response<Body> {
        let mut response = error.to_response();
        response.extensions_mut().insert(Self(Arc::new(Mutex::new(Some(error)))));
        response
    }

    /// Takes the error out of a response's extensions, if there is one.
    pub(crate) fn take(extensions: &mut Extensions) -> Option<Error> {
        extensions.remove::<Self>()?.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
