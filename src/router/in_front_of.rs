//! An [`ApiRouter`] in front of another service: what the router does not know goes to that service.
//!
//! [`ApiRouter::in_front_of`] wraps a service, and [`ApiRouter::into_layer`] creates a layer for a `ServiceBuilder`.
//!
//! ```
//! use tower::ServiceExt as _;
//! use tower_api_routes::in_front_of::InFrontOf;
//! use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};
//!
//! async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.send("hello") }
//!
//! /// The pages of axum, and the routes in front of them.
//! fn site() -> InFrontOf<axum::Router> {
//!     let pages = axum::Router::new().route("/about", axum::routing::get(async || "about us"));
//!     ApiRouter::new().route("/api/hello", hello).in_front_of(pages)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! for (path, text) in [("/api/hello", "hello"), ("/about", "about us")] {
//!     let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
//!     let response = site().oneshot(request).await.unwrap();
//!     assert_eq!(Body::new(response.into_body()).chunk().await.unwrap().unwrap(), text);
//! }
//! # }
//! ```

use super::api_router::ApiRouter;
use super::built::Found;
use crate::body::{Body, BoxError, LayeredBody};
use crate::handler::RouteFuture;
use crate::oneshot::Oneshot;
use bytes::{Buf, Bytes};
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

impl ApiRouter {
    /// Consumes `self`, returning a service that responds to the routes of this router and passes everything else to
    /// `inner`.
    ///
    /// A path that is not normalized is redirected only if a route matches the normalized path. The router's
    /// [`fallback`](Self::fallback) is not used, and its layers do not wrap `inner`.
    ///
    /// The service is always ready, so routes respond even if `inner` is not ready or fails. The response future awaits
    /// the readiness of `inner` for the requests that go to it.
    ///
    /// ```
    /// use http::{Request, Response};
    /// use std::convert::Infallible;
    /// use tower::{ServiceExt, service_fn};
    /// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};
    ///
    /// async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.send("hello") }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let site = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::from("a page"))) });
    /// let service = ApiRouter::new().route("/api/hello", hello).in_front_of(site);
    ///
    /// let page = service.oneshot(Request::get("/about/").body(Body::empty()).unwrap()).await.unwrap();
    /// assert_eq!(page.status(), 200);
    /// # }
    /// ```
    pub fn in_front_of<S>(self, inner: S) -> InFrontOf<S> {
        InFrontOf { router: self, inner }
    }

    /// Consumes `self`, returning a [`Layer`] that puts this router in front of a service, as
    /// [`in_front_of`](Self::in_front_of) does.
    ///
    /// The router itself is not a layer: `api.layer(..)` is [`ApiRouter::layer`], which wraps the routes of `api`.
    ///
    /// ```
    /// # use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};
    /// # async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.end() }
    /// let api = ApiRouter::new().route("/api/hello", hello);
    /// let pages: axum::Router = axum::Router::new();
    /// let site = tower::ServiceBuilder::new().layer(api.into_layer()).service(pages);
    /// # fn assert_clone<T: Clone>(_: T) {}
    /// # assert_clone(site);
    /// ```
    pub fn into_layer(self) -> InFrontOfLayer {
        InFrontOfLayer { router: self }
    }
}

/// Layer that puts an [`ApiRouter`] in front of a service, created by [`ApiRouter::into_layer`].
#[derive(Clone, Debug)]
#[must_use]
pub struct InFrontOfLayer {
    router: ApiRouter,
}

impl<S> Layer<S> for InFrontOfLayer {
    type Service = InFrontOf<S>;

    fn layer(&self, inner: S) -> InFrontOf<S> {
        self.router.clone().in_front_of(inner)
    }
}

/// An [`ApiRouter`] in front of another service, created by [`ApiRouter::in_front_of`].
#[derive(Clone)]
#[must_use]
pub struct InFrontOf<S> {
    router: ApiRouter,
    inner: S,
}

impl<S> InFrontOf<S> {
    define_inner_service_accessors!();
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for InFrontOf<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    ReqBody: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Response = Response<LayeredBody<ResBody>>;
    type Error = S::Error;
    type Future = InFrontOfFuture<S, ReqBody>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let built = self.router.built();
        let state = match built.find(request.uri().path()) {
            Found::Endpoint(endpoint, path) => {
                State::Route { future: Arc::clone(endpoint).call(request.map(Body::new), path) }
            }
            Found::Own { own, matches: true } => State::Route { future: built.respond(own, request) },
            Found::Own { matches: false, .. } => {
                State::Inner { future: Oneshot::new(self.inner.clone(), request) }
            }
        };
        InFrontOfFuture { state }
    }
}

impl<S: fmt::Debug> fmt::Debug for InFrontOf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFrontOf").field("router", &self.router).field("inner", &self.inner).finish()
    }
}

pin_project! {
    /// The response future of an [`InFrontOf`].
    pub struct InFrontOfFuture<S: Service<Request<B>>, B> {
        #[pin]
        state: State<S, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S: Service<Request<B>>, B> {
        Route { #[pin] future: RouteFuture },
        Inner { #[pin] future: Oneshot<S, Request<B>> },
    }
}

impl<S, B, R> Future for InFrontOfFuture<S, B>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Output = Result<Response<LayeredBody<R>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Route { future } => {
                future.poll(cx).map(|Ok(response)| Ok(response.map(LayeredBody::own)))
            }
            StateProj::Inner { future } => {
                future.poll(cx).map_ok(|response| response.map(LayeredBody::inner))
            }
        }
    }
}

impl<S: Service<Request<B>>, B> fmt::Debug for InFrontOfFuture<S, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFrontOfFuture").finish_non_exhaustive()
    }
}
