use super::{ConfiguredBody, ConfiguredFuture};
use crate::body::{Body, BoxError};
use crate::body_parser;
use crate::body_parser::{BodyParser, BodyParserLayer};
use crate::config::Outer;
use crate::config::RouteConfig;
#[cfg(feature = "cors")]
use crate::cors::{self, ApiCors};
use crate::max_duration;
use crate::max_duration::{MaxDuration, MaxDurationLayer};
use crate::response_limit;
use crate::response_limit::{ResponseLimit, ResponseLimitLayer};
use bytes::{Buf, Bytes};
use http::{Request, Response};
use std::task::{Context, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// A service wrapped by a [`RouteConfig`].
///
/// From the outside in: CORS, the deadline, the response limit, the body parser. `etag` and `external_resolver` add no
/// layer.
///
/// The type does not depend on the feature `cors`, because a feature that one crate enables must not break another.
#[derive(Clone, Debug)]
pub struct ConfiguredService<S> {
    inner: Inner<S>,
    etag: Option<bool>,
    external_resolver: Option<bool>,
}

#[derive(Clone, Debug)]
enum Inner<S> {
    Layered(AllLayers<S>),
    /// A service without layers: the configuration sets only what inner handlers read.
    Plain(S),
}

type Layers<S> = MaxDuration<ResponseLimit<BodyParser<S>>>;
type LayersFuture<S> =
    max_duration::ResponseFuture<response_limit::ResponseFuture<body_parser::ResponseFuture<S>>>;

#[cfg(feature = "cors")]
type AllLayers<S> = ApiCors<Layers<S>>;
#[cfg(not(feature = "cors"))]
type AllLayers<S> = Layers<S>;

#[cfg(feature = "cors")]
pub(super) type AllLayersFuture<S> = cors::ResponseFuture<LayersFuture<S>>;
#[cfg(not(feature = "cors"))]
pub(super) type AllLayersFuture<S> = LayersFuture<S>;

impl<S> ConfiguredService<S> {
    pub(super) fn new(inner: S, config: &RouteConfig) -> Self {
        let inner =
            if config.has_layers() { Inner::Layered(layered(inner, config)) } else { Inner::Plain(inner) };
        Self { inner, etag: config.etag, external_resolver: config.external_resolver }
    }

    #[cfg(feature = "cors")]
    define_inner_service_accessors!(
        self => *match &self.inner {
            Inner::Layered(inner) => inner.get_ref().get_ref().get_ref().get_ref(),
            Inner::Plain(inner) => inner,
        },
        *match &mut self.inner {
            Inner::Layered(inner) => inner.get_mut().get_mut().get_mut().get_mut(),
            Inner::Plain(inner) => inner,
        },
        match self.inner {
            Inner::Layered(inner) => inner.into_inner().into_inner().into_inner().into_inner(),
            Inner::Plain(inner) => inner,
        }
    );
    #[cfg(not(feature = "cors"))]
    define_inner_service_accessors!(
        self => *match &self.inner {
            Inner::Layered(inner) => inner.get_ref().get_ref().get_ref(),
            Inner::Plain(inner) => inner,
        },
        *match &mut self.inner {
            Inner::Layered(inner) => inner.get_mut().get_mut().get_mut(),
            Inner::Plain(inner) => inner,
        },
        match self.inner {
            Inner::Layered(inner) => inner.into_inner().into_inner().into_inner(),
            Inner::Plain(inner) => inner,
        }
    );
}

fn layered<S>(inner: S, config: &RouteConfig) -> AllLayers<S> {
    let service = BodyParserLayer::from_config(config.parser()).layer(inner);
    let service = ResponseLimitLayer::from_config(config).layer(service);
    let service = MaxDurationLayer::from_config(config.max_duration).layer(service);
    #[cfg(feature = "cors")]
    let service = ApiCors::from_option(service, config.cors.as_ref());
    service
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
        match &mut self.inner {
            Inner::Layered(inner) => Service::<Request<ReqBody>>::poll_ready(inner, cx),
            Inner::Plain(inner) => inner.poll_ready(cx),
        }
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> ConfiguredFuture<S> {
        if self.etag.is_some() || self.external_resolver.is_some() {
            // Only a handler reads these settings, so they are passed on to it.
            Outer::set(request.extensions_mut(), |outer| {
                outer.etag = self.etag.or(outer.etag);
                outer.external_resolver = self.external_resolver.or(outer.external_resolver);
            });
        }
        match &mut self.inner {
            Inner::Layered(inner) => ConfiguredFuture::layered(inner.call(request)),
            Inner::Plain(inner) => {
                let mut request = request.map(Body::new);
                request.body_mut().mark_as_request();
                ConfiguredFuture::plain(inner.call(request))
            }
        }
    }
}
