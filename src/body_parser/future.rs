use super::reading::Reading;
use crate::body::{Body, LayeredBody};
use crate::error::ErrorResponse;
use crate::size::SizeLimit;
use bytes::Bytes;
use http::{Request, Response};
use pin_project_lite::pin_project;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// The future of a [`BodyParser`](super::BodyParser).
    pub struct ResponseFuture<S: Service<Request<Body>>> {
        #[pin]
        state: State<S, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F> {
        Reading { reading: Reading, service: S },
        Calling { #[pin] future: F },
    }
}

impl<S: Service<Request<Body>> + Clone> ResponseFuture<S> {
    /// Calls a service that is ready, at once, or, with a limit, after the body has been read and parsed.
    pub(crate) fn start(service: &mut S, request: Request<Body>, limit: Option<SizeLimit>) -> Self {
        let Some(limit) = limit else {
            return Self { state: State::Calling { future: service.call(request) } };
        };
        // The future takes the service that was polled ready, and leaves a clone.
        let fresh = service.clone();
        let service = mem::replace(service, fresh);
        Self { state: State::Reading { reading: Reading::start(request, limit), service } }
    }
}

impl<S, ResBody> Future for ResponseFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Output = Result<Response<LayeredBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let future = match state.as_mut().project() {
                StateProj::Calling { future } => {
                    return future.poll(cx).map_ok(|response| response.map(LayeredBody::inner));
                }
                StateProj::Reading { reading, service } => match ready!(reading.poll(cx)) {
                    Ok(request) => service.call(request),
                    Err(error) => {
                        return Poll::Ready(Ok(ErrorResponse::respond(error).map(LayeredBody::own)));
                    }
                },
            };
            state.set(State::Calling { future });
        }
    }
}

impl<S: Service<Request<Body>>> std::fmt::Debug for ResponseFuture<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
