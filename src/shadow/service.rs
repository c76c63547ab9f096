use super::ShadowFuture;
use super::mirror::{Mirror, ResponseObserver};
use super::settings::ShadowSettings;
use crate::body::{Body, BoxError};
use crate::config::Outer;
use crate::proxy::Proxy;
use bytes::Buf;
use http::header::UPGRADE;
use http::{Request, Response};
use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::runtime::Handle;
use tower_service::Service;

/// Compares the responses of the inner service with those of a shadow; see the [module](self::super).
#[derive(Clone)]
pub struct Shadow<S, T> {
    inner: S,
    target: T,
    settings: Arc<ShadowSettings>,
}

impl<S, T> Shadow<S, T> {
    pub(super) fn new(inner: S, target: T, settings: Arc<ShadowSettings>) -> Self {
        Self { inner, target, settings }
    }

    /// Returns a reference to the inner service.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the inner service.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Consumes `self`, returning the inner service.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Copies the request if it is in the sample, and returns the request and an observer of its response, which sends
    /// the copy.
    fn mirror<R>(&self, request: Request<Body>) -> (Request<Body>, Option<ResponseObserver>)
    where
        T: Service<Request<Body>, Response = Response<R>, Error: Into<BoxError>, Future: Send>
            + Clone
            + Send
            + 'static,
        R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let settings = &self.settings;
        if !settings.takes(request.method()) || request.headers().contains_key(UPGRADE) {
            return (request, None);
        }
        let Ok(runtime) = Handle::try_current() else { return (request, None) };
        let target = self.target.clone();
        let proxy = (&target as &dyn Any).downcast_ref::<Proxy>();
        let (origin, is_proxy) = (proxy.map(|proxy| proxy.origin().clone()), proxy.is_some());
        let is_old = settings.is_old.unwrap_or(is_proxy);
        let start = Box::new(move |mirror: Mirror, permit| {
            runtime.spawn(async move {
                mirror.run(target, is_old).await;
                drop(permit);
            });
        });
        let (request, observer) = ResponseObserver::new(request, origin, Arc::clone(settings), start);
        (request, Some(observer))
    }
}

impl<S, T, B, R, U> Service<Request<B>> for Shadow<S, T>
where
    S: Service<Request<Body>, Response = Response<R>>,
    T: Service<Request<Body>, Response = Response<U>, Error: Into<BoxError>, Future: Send>
        + Clone
        + Send
        + 'static,
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    R: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    U: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = ShadowFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (mut request, observer) = self.mirror(request.map(Body::new));
        if observer.is_some() {
            // A router inside tells its route, for the report.
            Outer::of_mut(request.extensions_mut());
        }
        ShadowFuture::new(self.inner.call(request), observer)
    }
}

impl<S: fmt::Debug, T> fmt::Debug for Shadow<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shadow").field("inner", &self.inner).finish_non_exhaustive()
    }
}
