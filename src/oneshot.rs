//! A single call to a service, made once the service is ready.

use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

pin_project! {
    /// Future that waits until a service is ready, calls it, and resolves to the result.
    pub(crate) struct Oneshot<S: Service<R>, R> {
        #[pin]
        state: State<S, R, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, R, F> {
        NotReady { service: S, request: Option<R> },
        Called { #[pin] future: F },
    }
}

impl<S: Service<R>, R> Oneshot<S, R> {
    pub(crate) fn new(service: S, request: R) -> Self {
        Self { state: State::NotReady { service, request: Some(request) } }
    }
}

impl<S: Service<R>, R> Future for Oneshot<S, R> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let future = match state.as_mut().project() {
                StateProj::Called { future } => return future.poll(cx),
                StateProj::NotReady { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    let Some(request) = request.take() else {
                        unreachable!("the state changes once the request is taken")
                    };
                    service.call(request)
                }
            };
            state.set(State::Called { future });
        }
    }
}
