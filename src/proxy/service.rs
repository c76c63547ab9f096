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

/// Forwards requests to another server; see the [module](self::super).
///
/// Clones share one pool of connections.
///
/// ```
/// use std::time::Duration;
/// use tower_api_routes::Proxy;
/// use tower_api_routes::proxy::ForwardedHeaders;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = Proxy::new("http://127.0.0.1:3000")?
///     .preserve_host(false)
///     .forwarded_headers(ForwardedHeaders::Replace)
///     .timeout(Duration::from_secs(10))
///     .pseudonym("edge-1");
/// # Ok(()) }
/// ```
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
    /// Creates a proxy to a server, given by its scheme, host and port: `http://127.0.0.1:3000`.
    ///
    /// # Errors
    ///
    /// Returns an error if the address has no scheme, no host, or a path. With `https` it also returns an error
    /// without the feature `proxy-tls`, or if the system has no trusted certificates.
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

    /// Sets whether the origin gets the client's `Host`. Default: `true`.
    ///
    /// An origin that writes absolute URLs, or compares `Host` with `Origin`, then works as before. With `false` it
    /// gets the host that was passed to [`new`](Self::new), for example for an origin that serves several hosts.
    pub fn preserve_host(self, preserve: bool) -> Self {
        self.set(|settings| settings.preserve_host = preserve)
    }

    /// Sets how `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto` are treated. Default:
    /// [`ForwardedHeaders::Append`].
    ///
    /// The client's address is the [`RemoteAddr`](crate::RemoteAddr) in the request's extensions, which
    /// [`serve(..).with_remote_addr()`](crate::Serve::with_remote_addr) inserts; without one, `X-Forwarded-For`
    /// gets no entry. The protocol is the scheme of the request's target, or `http` if the target has none, as
    /// usual over HTTP/1.1.
    pub fn forwarded_headers(self, mode: ForwardedHeaders) -> Self {
        self.set(|settings| settings.forwarded = mode)
    }

    /// Sets the time until the head of the origin's response. Default: 30 seconds, as for rewrites of Next.js.
    ///
    /// After that time the client gets a 504.
    ///
    /// The time includes connecting, and restarts with each chunk of the request's body. It is suspended while the
    /// proxy waits for the client's next chunk. The time for the response's body is not limited.
    pub fn timeout(self, time: Duration) -> Self {
        self.set(|settings| settings.timeout = time)
    }

    /// Sets the name of this proxy in `Via`. Default: `proxy-` and a random number.
    ///
    /// The name must be unique, because a request that already has it in `Via` is a loop and gets a 508.
    ///
    /// # Panics
    ///
    /// Panics if the name is not a token or a host with a port. [`try_pseudonym`](Self::try_pseudonym) returns a
    /// `Result` instead.
    #[track_caller]
    pub fn pseudonym(self, name: &str) -> Self {
        match self.try_pseudonym(name) {
            Ok(proxy) => proxy,
            Err(error) => panic!("{error}"),
        }
    }

    /// Sets the name of this proxy in `Via`, as [`pseudonym`](Self::pseudonym) does.
    ///
    /// # Errors
    ///
    /// Returns an error if the name is not a token or a host with a port.
    pub fn try_pseudonym(self, name: &str) -> Result<Self, OriginError> {
        let problem = "a name in `Via` is a token, or a host with a port: write \"edge-1\", for example";
        let pseudonym = Pseudonym::new(name).ok_or_else(|| OriginError::new(name, problem))?;
        Ok(self.set(|settings| settings.pseudonym = pseudonym))
    }

    /// Sends a request to the origin and returns its response.
    ///
    /// The origin gets the path and the query of the request's target. Unless
    /// [`preserve_host(false)`](Self::preserve_host) is set, its `Host` is the host of the target (which an HTTP/2
    /// request has) or the `Host` header; without both it is the origin's.
    ///
    /// # Errors
    ///
    /// Returns the errors that the [module](self::super) lists, for example a 502 for an origin that cannot be
    /// reached.
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
        // An outer router logs the error itself, with the route.
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

/// The future of a [`Proxy`]'s response. Dropping it cancels the request to the origin.
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
