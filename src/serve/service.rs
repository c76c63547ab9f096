//! The service of a single connection.

use super::stream::Upgraded;
use crate::client_headers;
use crate::request::RemoteAddr;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// Inserts the client's address into requests, and reports an upgrade to the stream.
#[derive(Clone, Debug)]
pub(super) struct ConnectionService<S> {
    inner: S,
    remote_addr: Option<RemoteAddr>,
    upgraded: Upgraded,
}

impl<S> ConnectionService<S> {
    pub(super) fn new(inner: S, remote_addr: Option<RemoteAddr>, upgraded: Upgraded) -> Self {
        Self { inner, remote_addr, upgraded }
    }
}

impl<S, B> Service<Request<Incoming>> for ConnectionService<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Incoming>) -> Self::Future {
        client_headers::receive(&mut request);
        // Over HTTP/2 an upgrade uses one stream, and not the connection.
        let may_upgrade =
            request.version() <= Version::HTTP_11 && request.extensions().get::<OnUpgrade>().is_some();
        let upgrade = may_upgrade.then(|| (request.method() == Method::CONNECT, self.upgraded.clone()));
        if let Some(addr) = self.remote_addr {
            request.extensions_mut().insert(addr);
        }
        ResponseFuture { future: self.inner.call(request), upgrade }
    }
}

pin_project! {
    /// The future of a [`ConnectionService`].
    pub(super) struct ResponseFuture<F> {
        #[pin]
        future: F,
        // For a request that can be upgraded: whether its method is CONNECT, and the flag to set.
        upgrade: Option<(bool, Upgraded)>,
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let result = ready!(this.future.poll(cx));
        if let (Some((is_connect, upgraded)), Ok(response)) = (this.upgrade, &result) {
            let status = response.status();
            if status == StatusCode::SWITCHING_PROTOCOLS || (*is_connect && status.is_success()) {
                upgraded.set();
            }
        }
        Poll::Ready(result)
    }
}
