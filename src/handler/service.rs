//! Between tower services and routes, in both directions.

use super::Route;
use super::answer::{Answer, BoxFuture};
use super::endpoint::{Binding, Endpoint, Unbound};
use crate::body::{Body, BoxError};
use crate::context::{Carried, Context, MatchedPath};
use crate::enclosing::Enclosing;
#[cfg(feature = "proxy")]
use crate::error_response::ErrorResponse;
use crate::request::Head;
use crate::rules::Rules;
use crate::{Error, Response, RouteConfig};
use bytes::Buf;
use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{self, Poll};
use tower_layer::Layer as _;
use tower_service::Service;

/// A route as a tower service; made by [`HandlerExt::into_service`](crate::HandlerExt::into_service).
///
/// Inside a router (in a layer, say) it knows the route, its parameters and the router's state; elsewhere there are none.
#[derive(Clone)]
pub struct RouteService {
    route: Route,
    /// The endpoint for the place where it was first called; it is rarely called from two.
    bound: Arc<OnceLock<Bound>>,
}

/// An endpoint and the place that it is bound to.
type Bound = (Option<Arc<Context>>, Endpoint);

impl RouteService {
    pub(super) fn new(route: Route) -> Self {
        Self { route, bound: Arc::default() }
    }

    fn bind(&self, context: Option<&Arc<Context>>) -> Endpoint {
        let (place, endpoint) = self.bound.get_or_init(|| (context.cloned(), self.bind_to(context)));
        if place.as_ref().map(Arc::as_ptr) == context.map(Arc::as_ptr) {
            return endpoint.clone();
        }
        self.bind_to(context)
    }

    fn bind_to(&self, context: Option<&Arc<Context>>) -> Endpoint {
        // The router's configuration comes with the request, so that a layer in between can speak after it.
        let binding = context.map(|context| Binding {
            route: context.route.clone(),
            settings: Arc::clone(&context.settings),
            ..Binding::default()
        });
        self.route.bind(binding.unwrap_or_default())
    }
}

impl<B> Service<http::Request<B>> for RouteService
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<B>) -> RouteFuture {
        let carried = request.extensions_mut().remove::<Carried>();
        let endpoint = self.bind(carried.as_ref().map(|carried| &carried.context));
        let path = carried.map(|carried| carried.path).unwrap_or_default();
        RouteFuture { answer: endpoint.call(request, path) }
    }
}

impl fmt::Debug for RouteService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.route.fmt(f)
    }
}

/// The future of a [`RouteService`].
pub struct RouteFuture {
    answer: Answer,
}

impl Future for RouteFuture {
    type Output = Result<http::Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(cx).map(Ok)
    }
}

impl fmt::Debug for RouteFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteFuture").finish_non_exhaustive()
    }
}

/// A foreign service as a route.
pub(super) struct Unplaced<S, R> {
    service: S,
    body: PhantomData<fn(R)>,
}

impl<S, R> Unplaced<S, R> {
    pub(super) fn new(service: S) -> Self {
        Self { service, body: PhantomData }
    }
}

impl<S, R> Unbound for Unplaced<S, R>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    /// The route's own configuration goes around the service as layers. The router's acts where nothing inside speaks: its
    /// body parser, say, only in a handler, so that the body of a foreign service is never touched.
    fn bind(&self, binding: &Binding) -> Endpoint {
        let (own, inherited) = binding.own.clone().split(&binding.inherited);
        let service = Normalized { service: self.service.clone(), body: PhantomData };
        let context = binding.context(Rules::of_service(&inherited, None));
        Endpoint::Service(if own.has_no_layers() {
            Arc::new(ServiceEndpoint { service, context, inherited })
        } else {
            Arc::new(ServiceEndpoint { service: own.layer(service), context, inherited })
        })
    }

    /// A handler that was made a service is known again; one inside of layers is not.
    fn contradicts(&self, config: &RouteConfig) -> bool {
        let service: &dyn Any = &self.service;
        service.downcast_ref::<RouteService>().is_some_and(|service| service.route.check(config).is_err())
    }
}

/// A service whose answers have our body and whose errors are boxed, so that the layers fit around any.
struct Normalized<S, R> {
    service: S,
    body: PhantomData<fn(R)>,
}

impl<S: Clone, R> Clone for Normalized<S, R> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), body: PhantomData }
    }
}

impl<S, R> Service<http::Request<Body>> for Normalized<S, R>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = NormalizedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        NormalizedFuture { inner: self.service.call(request) }
    }
}

pin_project_lite::pin_project! {
    struct NormalizedFuture<F> {
        #[pin]
        inner: F,
    }
}

impl<F, R, E> Future for NormalizedFuture<F>
where
    F: Future<Output = Result<http::Response<R>, E>>,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    E: Into<BoxError>,
{
    type Output = Result<http::Response<Body>, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.project()
            .inner
            .poll(cx)
            .map(|answer| answer.map(|response| response.map(Body::new)).map_err(Into::into))
    }
}

/// A foreign service in its place, whose type is not known any more.
pub(crate) trait Foreign: Send + Sync {
    fn call(&self, request: http::Request<Body>, path: MatchedPath) -> Answer;
}

struct ServiceEndpoint<S> {
    service: S,
    context: Arc<Context>,
    /// What the router says of all routes, and this one has not said itself.
    inherited: RouteConfig,
}

impl<S, R> Foreign for ServiceEndpoint<S>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    fn call(&self, mut request: http::Request<Body>, path: MatchedPath) -> Answer {
        let mut head = Head::of_foreign(&request, Arc::clone(&self.context));
        let extensions = request.extensions_mut();
        if let Some(route) = &self.context.route {
            extensions.insert(route.name.clone());
        }
        extensions.insert(Carried { context: Arc::clone(&self.context), path });
        if !self.inherited.has_no_layers() {
            let mut overruled = None;
            Enclosing::speak(extensions, |enclosing| overruled = enclosing.inherit(&self.inherited));
            head.rules = Some(Box::new(Rules::of_service(&self.inherited, overruled)));
        }
        // The service that was polled ready is the one that is called.
        let mut service = self.service.clone();
        let future: BoxFuture = Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx)).await.map_err(|error| Error::from_boxed(error.into()))?;
            match service.call(request).await {
                Ok(response) => {
                    #[cfg(feature = "proxy")]
                    let mut response = response;
                    #[cfg(feature = "proxy")]
                    if let Some(error) = ErrorResponse::take(response.extensions_mut()) {
                        return Err(error);
                    }
                    Ok(Response::ready(response.map(Body::new)))
                }
                Err(error) => Err(Error::from_boxed(error.into())),
            }
        });
        Answer::new(future, Arc::new(head))
    }
}

/// Puts CORS around a route of any kind.
#[cfg(feature = "cors")]
pub(super) fn with_cors(
    endpoint: Endpoint,
    cors: tower_http::cors::CorsLayer,
    binding: &Binding,
) -> Endpoint {
    let context = binding.context(Rules::default());
    let service = crate::cors::ApiCorsLayer::from(cors).layer(Inner(endpoint));
    Endpoint::Service(Arc::new(ServiceEndpoint { service, context, inherited: RouteConfig::new() }))
}

/// An endpoint as a service, inside CORS.
#[cfg(feature = "cors")]
#[derive(Clone)]
struct Inner(Endpoint);

#[cfg(feature = "cors")]
impl Service<http::Request<Body>> for Inner {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: http::Request<Body>) -> RouteFuture {
        let path =
            request.extensions_mut().remove::<Carried>().map(|carried| carried.path).unwrap_or_default();
        RouteFuture { answer: self.0.call(request, path) }
    }
}
