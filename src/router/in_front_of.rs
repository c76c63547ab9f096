//! The router as a layer: what it does not match goes to the service inside.

use super::api_router::ApiRouter;
use super::built::Found;
use super::redirect::redirect;
use super::service::malformed;
use crate::body::{BoxError, LayeredBody};
use crate::handler::RouteFuture;
use bytes::{Buf, Bytes};
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_layer::Layer;
use tower_service::Service;

impl<S> Layer<S> for ApiRouter {
    type Service = ApiRoutes<S>;

    fn layer(&self, inner: S) -> ApiRoutes<S> {
        ApiRoutes { router: self.clone(), inner }
    }
}

/// An [`ApiRouter`] in front of another service: its routes are answered, everything else goes to the service inside.
///
/// An untidy path is redirected only if a route would answer the tidy one. The router's own fallback is not asked.
///
/// ```
/// use http::{Request, Response};
/// use std::convert::Infallible;
/// use tower::{Layer, ServiceExt, service_fn};
/// use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Result};
///
/// async fn hello(_: ApiRequest, res: ApiResponse) -> Result { res.send("hello") }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let site = service_fn(|_: Request<Body>| async { Ok::<_, Infallible>(Response::new(Body::from("a page"))) });
/// let service = ApiRouter::new().route("/api/hello", hello).layer(site);
///
/// let page = service.oneshot(Request::get("/about/").body(Body::empty()).unwrap()).await.unwrap();
/// assert_eq!(page.status(), 200);
/// # }
/// ```
#[derive(Clone)]
pub struct ApiRoutes<S> {
    router: ApiRouter,
    inner: S,
}

impl<S> ApiRoutes<S> {
    define_inner_service_accessors!();
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for ApiRoutes<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ReqBody: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Response = Response<LayeredBody<ResBody>>;
    type Error = S::Error;
    type Future = LayerFuture<S::Future>;

    /// As the service inside: whose request it will be is not known yet.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let built = self.router.built();
        let own = match built.find(request.uri().path()) {
            Found::Route(endpoint, path) => endpoint.call(request, path),
            Found::Malformed => built.answer(&request, Err(malformed())),
            Found::Redirect { to, own: true, trailing_only } => {
                built.answer(&request, Ok(redirect(&to, request.uri(), trailing_only)))
            }
            Found::Redirect { own: false, .. } | Found::Nothing => {
                return LayerFuture { state: State::Inner { future: self.inner.call(request) } };
            }
        };
        LayerFuture { state: State::Own { future: own } }
    }
}

impl<S: fmt::Debug> fmt::Debug for ApiRoutes<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRoutes").field("router", &self.router).field("inner", &self.inner).finish()
    }
}

pin_project! {
    /// The future of an [`ApiRoutes`].
    #[derive(Debug)]
    pub struct LayerFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateProj]
    enum State<F> {
        Own { #[pin] future: RouteFuture },
        Inner { #[pin] future: F },
    }
}

impl<F, B, E> Future for LayerFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<LayeredBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Own { future } => {
                future.poll(cx).map(|Ok(response)| Ok(response.map(LayeredBody::own)))
            }
            StateProj::Inner { future } => {
                future.poll(cx).map_ok(|response| response.map(LayeredBody::inner))
            }
        }
    }
}
