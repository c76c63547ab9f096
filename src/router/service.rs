//! The router as a service.

use super::api_router::ApiRouter;
use super::built::Found;
use super::redirect::redirect;
use crate::body::{Body, BoxError};
use crate::error::Error;
use crate::handler::RouteFuture;
use crate::routing::MatchedPath;
use bytes::Buf;
use http::{Request, Response, StatusCode};
use std::convert::Infallible;
use std::task::{Context, Poll};
use tower_service::Service;

impl<B> Service<Request<B>> for ApiRouter
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    /// Always ready: a route's own service is waited for once a request has come for it.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> RouteFuture {
        let built = self.built();
        let (endpoint, path) = match built.find(request.uri().path()) {
            Found::Route(endpoint, path) => (Some(endpoint), path),
            Found::Malformed => return built.answer(&request, Err(malformed())),
            Found::Redirect { to, own, trailing_only } if own || built.fallback().is_none() => {
                return built.answer(&request, Ok(redirect(&to, request.uri(), trailing_only)));
            }
            Found::Redirect { .. } | Found::Nothing => (built.fallback(), MatchedPath::default()),
        };
        match endpoint {
            Some(endpoint) => endpoint.call(request, path),
            None => built.answer(&request, Err(Error::new(StatusCode::NOT_FOUND, "Not Found"))),
        }
    }
}

/// For a parameter that cannot be decoded.
pub(super) fn malformed() -> Error {
    Error::new(StatusCode::BAD_REQUEST, "Bad Request")
}
