//! The service of one connection.

use super::stream::Upgraded;
use crate::request::RemoteAddr;
use http::{Method, Request, Response, StatusCode, Version};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use hyper_util::service::{TowerToHyperService, TowerToHyperServiceFuture};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

/// hyper-util's adapter, which also tells requests their client's address, and the stream of an upgrade.
pub(super) struct ConnectionService<S> {
    inner: TowerToHyperService<S>,
    remote_addr: Option<RemoteAddr>,
    upgraded: Upgraded,
}

impl<S> ConnectionService<S> {
    pub(super) fn new(service: S, remote_addr: Option<RemoteAddr>, upgraded: Upgraded) -> Self {
        Self { inner: TowerToHyperService::new(service), remote_addr, upgraded }
    }
}

impl<S, B> hyper::service::Service<Request<Incoming>> for ConnectionService<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        // An upgrade over HTTP/2 takes one stream, not the connection.
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
    /// The future of a response.
    pub(super) struct ResponseFuture<S: Service<Request<Incoming>>> {
        #[pin]
        future: TowerToHyperServiceFuture<S, Request<Incoming>>,
        // Of a request that asks for an upgrade: whether by CONNECT, and whom to tell.
        upgrade: Option<(bool, Upgraded)>,
    }
}

impl<S, B> Future for ResponseFuture<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Output = Result<Response<B>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.future.poll(cx))?;
        if let Some((is_connect, upgraded)) = this.upgrade {
            let status = response.status();
            if status == StatusCode::SWITCHING_PROTOCOLS || (*is_connect && status.is_success()) {
                upgraded.set();
            }
        }
        Poll::Ready(Ok(response))
    }
}
