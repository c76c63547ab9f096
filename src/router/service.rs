//! The router as a service.

use super::api_router::ApiRouter;
use super::frozen::Found;
use crate::Error;
use crate::body::{Body, BoxError};
use crate::context::MatchedPath;
use crate::handler::Answer;
use crate::request::{OneOrMany, Query};
use bytes::Buf;
use http::header::{LOCATION, REFRESH};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_service::Service;

impl<B> Service<Request<B>> for ApiRouter
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ResponseFuture;

    /// Always ready: a route's own service is waited for once a request has come for it.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ResponseFuture {
        let frozen = self.frozen();
        let (endpoint, path) = match frozen.find(request.uri().path()) {
            Found::Route(endpoint, path) => (Some(endpoint), path),
            Found::Malformed => return frozen.answer(&request, Err(malformed())),
            Found::Redirect { to, own, last_slash } if own || frozen.fallback().is_none() => {
                return frozen.answer(&request, Ok(redirect(&to, request.uri(), last_slash)));
            }
            Found::Redirect { .. } | Found::Nothing => (frozen.fallback(), MatchedPath::default()),
        };
        match endpoint {
            Some(endpoint) => ResponseFuture::answer(endpoint.call(request, path)),
            None => frozen.answer(&request, Err(Error::new(StatusCode::NOT_FOUND, "Not Found"))),
        }
    }
}

/// For a parameter that cannot be decoded.
pub(super) fn malformed() -> Error {
    Error::new(StatusCode::BAD_REQUEST, "Bad Request")
}

/// What the [URL standard](https://url.spec.whatwg.org/#path-percent-encode-set) encodes in a path.
const NOT_IN_PATHS: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// What JavaScript's `encodeURIComponent` encodes.
const NOT_IN_COMPONENTS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// 308 with the query, and what Next.js adds for clients that know no 308. Where it is about the last slash, Next.js parses
/// the query and writes it anew.
pub(super) fn redirect(path: &str, uri: &Uri, last_slash: bool) -> Response<Body> {
    let path = utf8_percent_encode(path, NOT_IN_PATHS);
    let query = uri.query().unwrap_or_default();
    let query = if last_slash { written_anew(query).into() } else { Cow::from(query) };
    let separator = if query.is_empty() { "" } else { "?" };
    let target = format!("{path}{separator}{query}");
    // The target is a part of a URI, so it is a header value.
    let header =
        |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static("/"));
    let mut response = Response::new(Body::from(target.clone()));
    *response.status_mut() = StatusCode::PERMANENT_REDIRECT;
    response.headers_mut().insert(LOCATION, header(&target));
    response.headers_mut().insert(REFRESH, header(&format!("0;url={target}")));
    response
}

fn written_anew(query: &str) -> String {
    let query = Query::parse(query);
    let encoded = |text| utf8_percent_encode(text, NOT_IN_COMPONENTS);
    let pairs = query.iter().flat_map(|(name, values)| {
        let values = match values {
            OneOrMany::One(value) => vec![value],
            OneOrMany::Many(values) => values.collect(),
        };
        values.into_iter().map(move |value| format!("{}={}", encoded(name), encoded(value)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// The future of an [`ApiRouter`].
pub struct ResponseFuture {
    answer: Answer,
}

impl ResponseFuture {
    pub(super) fn answer(answer: Answer) -> Self {
        Self { answer }
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.answer).poll(cx).map(Ok)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
