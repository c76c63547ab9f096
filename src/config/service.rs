use super::RouteConfig;
use crate::body::{Body, BoxError, LayeredBody};
use crate::body_parser::{self, BodyParser, BodyParserLayer};
use crate::enclosing::Enclosing;
use crate::external_resolver::{ExternalResolver, ExternalResolverLayer};
use crate::max_duration::{self, MaxDuration, MaxDurationLayer};
use crate::response_limit::{self, ResponseLimit, ResponseLimitLayer};
use bytes::{Buf, Bytes};
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// A service inside a [`RouteConfig`]: CORS outermost, then the deadline, the response limit, the external resolver, the
/// parser.
///
/// Its type is the same whether the feature `cors` is on or not: a feature that one crate turns on must not break another.
#[derive(Clone, Debug)]
pub struct ConfiguredService<S> {
    inner: Outer<S>,
    etag: Option<bool>,
}

/// The body of a [`ConfiguredService`]'s answer.
pub type ConfiguredBody<B> = max_duration::ResponseBody<response_limit::ResponseBody<LayeredBody<B>>>;

type Layers<S> = MaxDuration<ResponseLimit<ExternalResolver<BodyParser<S>>>>;
type LayersFuture<S> =
    max_duration::ResponseFuture<response_limit::ResponseFuture<body_parser::ResponseFuture<S>>>;

#[cfg(feature = "cors")]
type Outer<S> = crate::cors::OptionalCors<Layers<S>>;
#[cfg(not(feature = "cors"))]
type Outer<S> = Layers<S>;

#[cfg(feature = "cors")]
type OuterFuture<S> = crate::cors::OptionalFuture<LayersFuture<S>>;
#[cfg(not(feature = "cors"))]
type OuterFuture<S> = LayersFuture<S>;

impl<S> ConfiguredService<S> {
    pub(super) fn new(inner: S, config: &RouteConfig) -> Self {
        let service = BodyParserLayer::from_config(config.parser()).layer(inner);
        let service = ExternalResolverLayer::from_config(config.external_resolver).layer(service);
        let service = ResponseLimitLayer::from_config(config.response_limit).layer(service);
        let service = MaxDurationLayer::from_config(config.max_duration).layer(service);
        #[cfg(feature = "cors")]
        let service = Outer::new(service, config.cors.as_ref());
        Self { inner: service, etag: config.etag }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &S {
        #[cfg(feature = "cors")]
        let layers = self.inner.get_ref();
        #[cfg(not(feature = "cors"))]
        let layers = &self.inner;
        layers.get_ref().get_ref().get_ref().get_ref()
    }

    /// The service inside, to change.
    pub fn get_mut(&mut self) -> &mut S {
        #[cfg(feature = "cors")]
        let layers = self.inner.get_mut();
        #[cfg(not(feature = "cors"))]
        let layers = &mut self.inner;
        layers.get_mut().get_mut().get_mut().get_mut()
    }

    /// The service inside, for keeps.
    pub fn into_inner(self) -> S {
        #[cfg(feature = "cors")]
        let layers = self.inner.into_inner();
        #[cfg(not(feature = "cors"))]
        let layers = self.inner;
        layers.into_inner().into_inner().into_inner().into_inner()
    }
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

    fn call(&mut self, mut request: Request<ReqBody>) -> ConfiguredFuture<S> {
        if self.etag.is_some() {
            // Only a handler makes an ETag: it is told.
            Enclosing::speak(request.extensions_mut(), |enclosing| enclosing.etag = self.etag);
        }
        ConfiguredFuture { inner: self.inner.call(request) }
    }
}

pin_project! {
    /// The future of a [`ConfiguredService`].
    pub struct ConfiguredFuture<S: Service<Request<Body>>> {
        #[pin]
        inner: OuterFuture<S>,
    }
}

impl<S, ResBody> Future for ConfiguredFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Output = Result<Response<ConfiguredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().inner.poll(cx)
    }
}

impl<S: Service<Request<Body>>> fmt::Debug for ConfiguredFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredFuture").finish_non_exhaustive()
    }
}
