//! The service as hyper calls it.

use super::position::{Answering, Position};
use http::{Request, Response, Version};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use pin_project_lite::pin_project;
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
    position: Position,
}

impl<S> Called<S> {
    pub(super) fn new(service: S, position: Position) -> Self {
        Self { service, position }
    }
}

impl<S, B> hyper::service::Service<Request<Incoming>> for Called<S>
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone,
{
    type Response = Response<Answered<B>>;
    type Error = S::Error;
    type Future = Answer<S, S::Future>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let mut service = self.service.clone();
        if request.version() > Version::HTTP_11 {
            // Called in its stream's own task: a panic there is that stream's alone.
            return Answer { stage: Stage::Waiting { service, request: Some(request) }, answering: None };
        }
        let has_body = !request.body().is_end_stream();
        let answering = Some(self.position.answer(has_body));
        // What comes after the head of an upgrade is not HTTP.
        let is_all = !has_body && request.extensions().get::<OnUpgrade>().is_none();
        self.position.set_at_head(is_all && self.position.after_empty_line());
        // Nobody needs to be woken: one that is not ready is asked again when the future is polled.
        let stage = match service.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Stage::Called { answer: service.call(request) },
            _ => Stage::Waiting { service, request: Some(request) },
        };
        Answer { stage, answering }
    }
}

pin_project! {
    /// The future of an answer.
    pub(super) struct Answer<S, F> {
        #[pin]
        stage: Stage<S, F>,
        answering: Option<Answering>,
    }
}

pin_project! {
    #[project = Projected]
    enum Stage<S, F> {
        /// For the service to be ready.
        Waiting { service: S, request: Option<Request<Incoming>> },
        Called { #[pin] answer: F },
    }
}

impl<S, B> Future for Answer<S, S::Future>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Output = Result<Response<Answered<B>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let answer = match this.stage.as_mut().project() {
                Projected::Called { answer } => {
                    let response = ready!(answer.poll(cx))?;
                    let answering = this.answering.take();
                    return Poll::Ready(Ok(response.map(|body| Answered { body, _answering: answering })));
                }
                Projected::Waiting { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    // It is there: the state changes as soon as it is taken.
                    let Some(request) = request.take() else { return Poll::Pending };
                    service.call(request)
                }
            };
            this.stage.set(Stage::Called { answer });
        }
    }
}

pin_project! {
    /// The body of an answer: hyper drops it once it has its last byte.
    pub(super) struct Answered<B> {
        #[pin]
        body: B,
        _answering: Option<Answering>,
    }
}

impl<B: Body> Body for Answered<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
