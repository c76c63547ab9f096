use crate::Error;
use crate::body::{Body, BoxError};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use http_body_util::{Either, Full};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_service::Service;

type Reading = Pin<Box<dyn Future<Output = Result<Request<Body>, Error>> + Send>>;

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

impl<S: Service<Request<Body>>> ResponseFuture<S> {
    pub(super) fn reading(reading: Reading, service: S) -> Self {
        Self { state: State::Reading { reading, service } }
    }

    pub(super) fn calling(future: S::Future) -> Self {
        Self { state: State::Calling { future } }
    }
}

impl<S, ResBody> Future for ResponseFuture<S>
where
    S: Service<Request<Body>, Response = Response<ResBody>>,
    ResBody: http_body::Body<Data = Bytes>,
{
    type Output = Result<Response<ResponseBody<ResBody>>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let future = match state.as_mut().project() {
                StateProj::Calling { future } => {
                    return future.poll(cx).map_ok(|response| response.map(ResponseBody::inner));
                }
                StateProj::Reading { reading, service } => match ready!(reading.as_mut().poll(cx)) {
                    Ok(request) => service.call(request),
                    Err(error) => return Poll::Ready(Ok(ResponseBody::answer(error))),
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

pin_project! {
    /// The inner service's body, or the text of a rejection.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        body: Either<B, Full<Bytes>>,
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self { body: Either::Left(body) }
    }

    /// A layer's own answer.
    pub(crate) fn answer(error: Error) -> Response<Self> {
        error
            .into_response()
            .map(|mut body| Self { body: Either::Right(Full::new(body.take_bytes().unwrap_or_default())) })
    }
}

/// For CORS and timeouts of tower-http, around any body: an empty answer needs no inner one.
impl<B> Default for ResponseBody<B> {
    fn default() -> Self {
        Self { body: Either::Right(Full::default()) }
    }
}

impl<B> http_body::Body for ResponseBody<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.project().body.poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
