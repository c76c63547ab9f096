//! The response to an error, and what of an error stays when it is replaced.

use super::{Error, Kind, Repr};
use crate::body::Body;
use crate::json;
use bytes::Bytes;
use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderName,
    TRANSFER_ENCODING,
};
use http::{Extensions, HeaderMap, Response, StatusCode};
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// The headers that describe the body of a response.
const OF_THE_BODY: [HeaderName; 6] =
    [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, TRANSFER_ENCODING];

impl Error {
    /// Passes the error through a `map_error`.
    ///
    /// The headers stay, unless the function has set some of the same name: `Allow` belongs to a 405 and
    /// `WWW-Authenticate` to a 401, whatever their body is. Those that describe the body go with it. A function that
    /// returns the error itself has the last word about all of them.
    pub(crate) fn mapped(mut self, map: impl FnOnce(Self) -> Self) -> Self {
        let connection = self.0.headers.get(CONNECTION).cloned();
        let kept = without_body(self.0.headers.clone());
        self.0.given = true;
        let mut error = map(self);
        let headers = &mut error.0.headers;
        if !mem::take(&mut error.0.given) {
            let own = mem::replace(headers, kept);
            headers.extend(own); // replaces what has the same name
        }
        if let Some(connection) = connection {
            // A 413 that leaves a body unread ends the connection, whatever the function says.
            headers.insert(CONNECTION, connection);
        }
        error
    }

    /// Replaces the error by what a `map_error_of` has created from its source, which stays.
    pub(crate) fn replaced_by(self, new: Self) -> Self {
        self.mapped(|mut given| match given.0.source.take() {
            Some(source) if new.0.source.is_none() => new.with_source(source),
            _ => new,
        })
    }

    /// Creates the response without consuming the error.
    pub(crate) fn to_response(&self) -> Response<Body> {
        let mut error = Self::from_kind(self.0.kind.clone());
        error.0.headers.clone_from(&self.0.headers);
        error.into_response()
    }

    /// Stores the response that a layer has created from this error.
    pub(crate) fn in_response(mut self, mut response: Response<Body>) -> Self {
        self.0.headers = mem::take(response.headers_mut());
        self.0.response = Some(Box::new(response));
        self
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let Repr { kind, headers, response, .. } = *self.0;
        if let Some(mut response) = response {
            *response.headers_mut() = headers;
            return *response;
        }
        let (status, body, json, reason) = match kind {
            Kind::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(b"Internal Server Error"), false, None)
            }
            Kind::Response { status, body, json, reason } => (status, body, json, reason),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        if json {
            response.headers_mut().insert(CONTENT_TYPE, json::CONTENT_TYPE_JSON);
        }
        if let Some(reason) = reason {
            response.extensions_mut().insert(reason);
        }
        response
    }
}

/// Removes the headers that describe a body.
pub(super) fn without_body(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_THE_BODY {
        headers.remove(name);
    }
    headers
}

impl From<Error> for Response<Body> {
    /// Creates the response to this error. No hook is called, and nothing is logged.
    fn from(error: Error) -> Self {
        error.into_response()
    }
}

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
    fn layer_finds_the_error_of_its_response() {
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
