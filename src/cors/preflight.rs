//! CORS around a service whose response body has a default: tower-http's, with the `OPTIONS` requests that are no
//! preflight.

use super::CorsLayer;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method, Request, Response};
use pin_project_lite::pin_project;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower_http::cors::{Cors, ResponseFuture as CorsFuture};
use tower_layer::Layer as _;
use tower_service::Service;

/// Applies CORS to a service.
#[derive(Clone, Debug)]
pub(crate) struct CorsService<S> {
    inner: Inner<S>,
}

#[derive(Clone, Debug)]
enum Inner<S> {
    /// On the heap, because most routes have no CORS and should not reserve space for it.
    Cors(Box<Cors<Restore<S>>>),
    Plain(S),
}

#[allow(unreachable_pub)] // the macro defines public methods
impl<S> CorsService<S> {
    pub(crate) fn new(inner: S, cors: Option<&CorsLayer>) -> Self {
        Self {
            inner: match cors {
                Some(cors) => Inner::Cors(Box::new(cors.layer(Restore { inner }))),
                None => Inner::Plain(inner),
            },
        }
    }

    define_inner_service_accessors!(
        self => *match &self.inner {
            Inner::Cors(cors) => &cors.get_ref().inner,
            Inner::Plain(inner) => inner,
        },
        *match &mut self.inner {
            Inner::Cors(cors) => &mut cors.get_mut().inner,
            Inner::Plain(inner) => inner,
        },
        match self.inner {
            Inner::Cors(cors) => cors.into_inner().inner,
            Inner::Plain(inner) => inner,
        }
    );
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for CorsService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = CorsServiceFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        match &mut self.inner {
            Inner::Cors(cors) => cors.poll_ready(cx),
            Inner::Plain(inner) => inner.poll_ready(cx),
        }
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let cors = match &mut self.inner {
            Inner::Cors(cors) => cors,
            Inner::Plain(inner) => {
                return CorsServiceFuture { kind: Kind::Plain { future: inner.call(request) } };
            }
        };
        if *request.method() == Method::OPTIONS && !is_preflight(request.headers()) {
            // tower-http treats a `GET` as a plain request. `Restore` sets the method back for the inner service.
            *request.method_mut() = Method::GET;
            request.extensions_mut().insert(PlainOptions);
        }
        CorsServiceFuture { kind: Kind::Cors { future: cors.call(request) } }
    }
}

/// Returns whether an `OPTIONS` request has the headers of a preflight.
fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Marks, in the extensions, a request whose method was `OPTIONS`.
#[derive(Clone, Copy)]
struct PlainOptions;

/// Sets the method of a plain `OPTIONS` request back, inside tower-http's service.
#[derive(Clone, Debug)]
struct Restore<S> {
    inner: S,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for Restore<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        if request.extensions_mut().remove::<PlainOptions>().is_some() {
            *request.method_mut() = Method::OPTIONS;
        }
        self.inner.call(request)
    }
}

pin_project! {
    /// The future of a [`CorsService`].
    pub(crate) struct CorsServiceFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProjected]
    enum Kind<F> {
        Cors { #[pin] future: CorsFuture<F> },
        Plain { #[pin] future: F },
    }
}

impl<F, B, E> Future for CorsServiceFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Default,
{
    type Output = Result<Response<B>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().kind.project() {
            KindProjected::Cors { future } => future.poll(cx),
            KindProjected::Plain { future } => future.poll(cx),
        }
    }
}
