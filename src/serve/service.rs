//! The service as hyper calls it.

use super::request_line::AtHead;
use http::{Request, Version};
use hyper::body::{Body as _, Incoming};
use hyper::upgrade::OnUpgrade;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use tower_service::Service;

/// A tower service for hyper, which also tells the connection where the next head begins.
///
/// hyper-util's own adapter keeps each request until its future is polled. This one asks once whether the service is ready,
/// as nearly all always are, and calls it at once: 300 instructions less.
#[derive(Clone, Debug)]
pub(super) struct Called<S> {
    service: S,
    at_head: AtHead,
}

impl<S> Called<S> {
    pub(super) fn new(service: S, at_head: AtHead) -> Self {
        Self { service, at_head }
    }
}

impl<S> hyper::service::Service<Request<Incoming>> for Called<S>
where
    S: Service<Request<Incoming>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Answering<S, S::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut service = self.service.clone();
        if request.version() > Version::HTTP_11 {
            // Called in its stream's own task: a panic there is that stream's alone.
            return Answering::Waiting { service, request: Some(request) };
        }
        // What comes after the head of an upgrade is not HTTP.
        let is_all = request.body().is_end_stream() && request.extensions().get::<OnUpgrade>().is_none();
        self.at_head.set(is_all && self.at_head.after_empty_line());
        // Nobody needs to be woken: one that is not ready is asked again when the future is polled.
        match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Answering::Called { answer: service.call(request) },
            _ => Answering::Waiting { service, request: Some(request) },
        }
    }
}

pin_project_lite::pin_project! {
    /// An answer, once the service is ready.
    #[project = Projected]
    pub(super) enum Answering<S, F> {
        Waiting { service: S, request: Option<Request<Incoming>> },
        Called { #[pin] answer: F },
    }
}

impl<S> Future for Answering<S, S::Future>
where
    S: Service<Request<Incoming>>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let answer = match self.as_mut().project() {
                Projected::Called { answer } => return answer.poll(cx),
                Projected::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    // It is there: the state changes as soon as it is taken.
                    let Some(request) = request.take() else { return Poll::Pending };
                    service.call(request)
                }
            };
            self.set(Self::Called { answer });
        }
    }
}
