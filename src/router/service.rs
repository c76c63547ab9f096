//! The router as a service.

use super::api_router::ApiRouter;
use super::built::Found;
use crate::body::{Body, BoxError};
use crate::handler::RouteFuture;
use crate::routing::MatchedPath;
use bytes::Buf;
use http::{Request, Response};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_service::Service;

impl<B> Service<Request<B>> for ApiRouter
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    /// Always ready. The readiness of a route's service is awaited when a request for it has arrived.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> RouteFuture {
        let built = self.built();
        match built.find(request.uri().path()) {
            Found::Endpoint(endpoint, path) => Arc::clone(endpoint).call(request.map(Body::new), path),
            Found::Own { own, matches } => match built.fallback(request.uri().path()) {
                Some(fallback) if !matches => {
                    Arc::clone(fallback).call(request.map(Body::new), MatchedPath::default())
                }
                _ => built.respond(own, request),
            },
        }
    }
}
