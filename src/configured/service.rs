use super::future::BoundedFuture;
use super::{ConfiguredBody, ConfiguredFuture};
use crate::body::{Body, BoxError, LayeredBody};
use crate::body_parser;
use crate::bounds::Bounds;
use crate::config::{RouteConfig, Rules};
#[cfg(feature = "cors")]
use crate::cors::CorsService;
use bytes::{Buf, Bytes};
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

impl<S> Layer<S> for RouteConfig {
    type Service = ConfiguredService<S>;

    fn layer(&self, inner: S) -> ConfiguredService<S> {
        let inner = Bounded { inner, rules: self.rules };
        #[cfg(feature = "cors")]
        let inner = CorsService::new(inner, self.cors.as_ref());
        ConfiguredService { inner }
    }
}

/// A service wrapped by a [`RouteConfig`].
///
/// From the outside in: CORS, the deadline, the response limit, the body parser. `etag` and `external_resolver` are
/// passed on to inner handlers.
///
/// The type does not depend on the feature `cors`, because a feature that one crate enables must not break another.
#[derive(Clone, Debug)]
pub struct ConfiguredService<S> {
    inner: WithCors<S>,
}

#[cfg(feature = "cors")]
type WithCors<S> = CorsService<Bounded<S>>;
#[cfg(not(feature = "cors"))]
type WithCors<S> = Bounded<S>;

impl<S> ConfiguredService<S> {
    #[cfg(feature = "cors")]
    define_inner_service_accessors!(
        self => self.inner.get_ref().inner,
        self.inner.get_mut().inner,
        self.inner.into_inner().inner
    );
    #[cfg(not(feature = "cors"))]
    define_inner_service_accessors!(self => self.inner.inner, self.inner.inner, self.inner.inner);
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ConfiguredService<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>> + Clone,
    ReqBody: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<ConfiguredBody<ResBody>>;
    type Error = S::Error;
    type Future = ConfiguredFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Service::<Request<ReqBody>>::poll_ready(&mut self.inner, cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> ConfiguredFuture<S> {
        ConfiguredFuture { inner: self.inner.call(request) }
    }
}

/// Applies every setting but CORS.
#[derive(Clone, Debug)]
struct Bounded<S> {
    inner: S,
    rules: Rules,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for Bounded<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>> + Clone,
    ReqBody: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Response = Response<LayeredBody<ResBody>>;
    type Error = S::Error;
    type Future = BoundedFuture<S>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> BoundedFuture<S> {
        let mut request = request.map(Body::new);
        request.body_mut().mark_as_request();
        let bounds = if self.rules == Rules::UNSET {
            None
        } else {
            let default = self.rules.enforces_response_limit().then_some(Rules::response_limit as _);
            Bounds::start(&mut request, &self.rules, default)
        };
        let inner = body_parser::ResponseFuture::start(&mut self.inner, request, &self.rules);
        BoundedFuture { inner: Some(inner), bounds }
    }
}
