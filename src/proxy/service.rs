use super::error;
use super::via::Pseudonym;
use super::{ForwardedHeaders, OriginError};
use crate::body::{Body, BoxError};
use crate::client::{Client, Origin, client};
use crate::context::ContextExtension;
use crate::error::ErrorResponse;
use crate::response::Result;
use bytes::Buf;
use http::{Request, Response};
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

/// Sends requests on to another server; see the [module](self::super).
///
/// Clones share one pool of connections.
#[derive(Clone)]
#[must_use]
pub struct Proxy {
    settings: Arc<Settings>,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) client: Client,
    pub(super) origin: Origin,
    pub(super) preserve_host: bool,
    pub(super) forwarded: ForwardedHeaders,
    pub(super) timeout: Duration,
    pub(super) pseudonym: Pseudonym,
}

impl Proxy {
    /// Creates a proxy to a server, which is named by scheme, host and port: `http://127.0.0.1:3000`.
    ///
    /// # Errors
    ///
    /// If the address has no scheme, no host, or a path. With `https` also without the feature `proxy-tls`, and if the
    /// system has no certificates to trust.
    pub fn new(origin: &str) -> Result<Self, OriginError> {
        let origin = Origin::parse(origin)?;
        let settings = Settings {
            client: client(std::slice::from_ref(&origin))?,
            origin,
            preserve_host: true,
            forwarded: ForwardedHeaders::default(),
            timeout: Duration::from_secs(30),
            pseudonym: Pseudonym::random(),
        };
        Ok(Self { settings: Arc::new(settings) })
    }

    /// Sets whether the origin sees the `Host` that the client has sent. Default: true, so that an origin that writes
    /// absolute URLs, or compares `Host` with `Origin`, goes on as before. With false it is the host of
    /// [`new`](Self::new), which an origin that serves several hosts needs.
    pub fn preserve_host(self, preserve: bool) -> Self {
        self.set(|settings| settings.preserve_host = preserve)
    }

    /// Sets what becomes of `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto`. Default:
    /// [`ForwardedHeaders::Append`].
    ///
    /// The client's address is the [`RemoteAddr`](crate::RemoteAddr) in the request's extensions, which
    /// [`serve(..).with_remote_addr()`](crate::Serve::with_remote_addr) inserts; without one, `X-Forwarded-For` gets no entry. The protocol is that of the request's target, which HTTP/1.1 does not name: `http`.
    pub fn forwarded_headers(self, mode: ForwardedHeaders) -> Self {
        self.set(|settings| settings.forwarded = mode)
    }

    /// Sets how long the origin may take until the head of its response; past it the response is 504. Default: 30 seconds,
    /// as in Next.js's own rewrites.
    ///
    /// The time includes the connection, and starts again with each piece of the request's body. It does not run while the
    /// client has not sent the next piece. The time for the response's body is not limited.
    pub fn timeout(self, time: Duration) -> Self {
        self.set(|settings| settings.timeout = time)
    }

    /// Sets the name of this proxy in `Via`. Default: `proxy-` and a random number, so that no two are the same: a request
    /// that already has this name in `Via` is a loop.
    ///
    /// # Panics
    ///
    /// If the name is not a token or a host with a port. [`try_pseudonym`](Self::try_pseudonym) returns a `Result`.
    #[track_caller]
    pub fn pseudonym(self, name: &str) -> Self {
        match self.try_pseudonym(name) {
            Ok(proxy) => proxy,
            Err(error) => panic!("{error}"),
        }
    }

    /// As [`pseudonym`](Self::pseudonym), with a `Result` in the place of a panic.
    ///
    /// # Errors
    ///
    /// If the name is not a token or a host with a port.
    pub fn try_pseudonym(self, name: &str) -> Result<Self, OriginError> {
        let problem =
            "the name in `Via` has letters, digits and none of the separators: write it as \"edge-1\"";
        let pseudonym = Pseudonym::new(name).ok_or_else(|| OriginError::new(name, problem))?;
        Ok(self.set(|settings| settings.pseudonym = pseudonym))
    }

    /// Sends a request to the origin and returns its response: for a handler, which may change the request before.
    ///
    /// The origin is asked for the path and the query of the request's target. Over HTTP/2 the target also has the host that
    /// the client asked for; without it and without a `Host`, the origin sees its own.
    ///
    /// # Errors
    ///
    /// See the [module](self::super): 502 for an origin that is not there, for example.
    pub fn send<B>(&self, request: Request<B>) -> impl Future<Output = Result<Response<Body>>> + Send + use<B>
    where
        B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
    {
        let settings = Arc::clone(&self.settings);
        let request = request.map(Body::new);
        async move { settings.exchange(request).await }
    }

    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }
}

impl<B> Service<Request<B>> for Proxy
where
    B: http_body::Body<Data: Buf + Send, Error: Into<BoxError>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = ProxyFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> ProxyFuture {
        // A router around logs the error itself, with the route.
        let in_router = request.extensions().get::<ContextExtension>().is_some();
        let settings = Arc::clone(&self.settings);
        let mut request = request.map(Body::new);
        request.body_mut().mark_as_request();
        ProxyFuture(Box::pin(async move {
            settings.exchange(request).await.unwrap_or_else(|error| {
                if !in_router {
                    error::log(&error, &settings.origin);
                }
                ErrorResponse::respond(error)
            })
        }))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Settings { client: _, origin, preserve_host, forwarded, timeout, pseudonym } = &*self.settings;
        f.debug_struct("Proxy")
            .field("origin", &format_args!("{origin}"))
            .field("preserve_host", preserve_host)
            .field("forwarded_headers", forwarded)
            .field("timeout", timeout)
            .field("pseudonym", &pseudonym.name())
            .finish_non_exhaustive()
    }
}

/// The future of a [`Proxy`]'s response. Dropping it ends the request to the origin.
pub struct ProxyFuture(Pin<Box<dyn Future<Output = Response<Body>> + Send>>);

impl Future for ProxyFuture {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for ProxyFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyFuture").finish_non_exhaustive()
    }
}
