use super::log;
use super::settings::Settings;
use super::via::Pseudonym;
use super::{ForwardedHeaders, OriginError};
use crate::body::{Body, BoxError};
use crate::client::Origin;
use crate::context::ContextExtension;
use crate::error::{ErrorResponse, IntoHeaderValue};
use crate::request::TrustedProxies;
use crate::response::Result;
use bytes::Buf;
use http::uri::Scheme;
use http::{HeaderName, Request, Response};
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

impl Proxy {
    /// Creates a proxy to a server, given by its scheme, host and port: `http://127.0.0.1:3000`.
    ///
    /// # Errors
    ///
    /// Returns an error if the address has no scheme, no host, or a path. With `https` it also returns an error
    /// without the feature `proxy-tls`, or if the system has no trusted certificates.
    pub fn new(origin: &str) -> Result<Self, OriginError> {
        let settings = Settings::new(Origin::parse(origin)?)?;
        Ok(Self { settings: Arc::new(settings) })
    }

    /// Sets whether the origin gets the client's `Host`. Default: `true`.
    ///
    /// An origin that writes absolute URLs, or compares `Host` with `Origin`, then works as before. With `false` it
    /// gets the host that was passed to [`new`](Self::new), for example for an origin that serves several hosts. Where
    /// its response names that host, in `Location`, `Content-Location`, `Refresh` or the `Domain` of a cookie, the
    /// client gets the host that it has asked for, as with `proxy_redirect` and `proxy_cookie_domain` of nginx.
    pub fn preserve_host(self, preserve: bool) -> Self {
        self.set(|settings| settings.preserve_host = preserve)
    }

    /// Sets how the forwarding headers are treated: `Forwarded`, `X-Forwarded-*` and `X-Real-IP`. Default:
    /// [`ForwardedHeaders::Append`].
    ///
    /// The client's address is the [`RemoteAddr`](crate::RemoteAddr) in the request's extensions, which
    /// [`serve(..).with_remote_addr()`](crate::Serve::with_remote_addr) inserts. Without one, `X-Forwarded-For`
    /// gets no entry, which is logged once. The protocol is that of the connection, never that of the request's
    /// target: see [`scheme`](Self::scheme).
    pub fn forwarded_headers(self, mode: ForwardedHeaders) -> Self {
        self.set(|settings| settings.forwarded = mode)
    }

    /// Sets the proxies in front of this server, such as a load balancer. Default: none.
    ///
    /// With [`ForwardedHeaders::Replace`] the origin then gets the client's address as these proxies have written it
    /// into `X-Forwarded-For`, and their `X-Forwarded-Proto`. What a client has written itself is removed.
    ///
    /// ```
    /// use tower_api_routes::Proxy;
    /// use tower_api_routes::proxy::ForwardedHeaders;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let next = Proxy::new("http://127.0.0.1:3000")?
    ///     .forwarded_headers(ForwardedHeaders::Replace)
    ///     .remote_addr_from(1); // behind one load balancer
    /// # Ok(()) }
    /// ```
    pub fn remote_addr_from(self, trusted: impl Into<TrustedProxies>) -> Self {
        let trusted = trusted.into();
        self.set(|settings| settings.trusted = Some(trusted))
    }

    /// Sets the scheme that clients use. Default: that of the connection.
    ///
    /// Under [`serve`](crate::serve) the connection's scheme is that of the
    /// [`Listener`](crate::Listener#method.scheme); another server has to set it here, if it serves `https`.
    pub fn scheme(self, scheme: Scheme) -> Self {
        self.set(|settings| settings.scheme = Some(scheme))
    }

    /// Takes a prefix off the path: with `"/api/v1"`, the origin gets `/post` for `/api/v1/post`.
    ///
    /// A path that does not begin with the prefix is not changed. Steps are applied in the order of the calls. What the
    /// origin writes into `Location`, `Content-Location` and `Refresh` is mapped back. A path with dot segments, which
    /// could leave the prefix, gets a 400.
    ///
    /// # Panics
    ///
    /// Panics if the prefix does not begin with a slash, or ends with one.
    #[track_caller]
    pub fn strip_prefix(self, prefix: &str) -> Self {
        self.replace_prefix(prefix, "")
    }

    /// Puts a prefix in front of the path: with `"/v2"`, the origin gets `/v2/post` for `/post`. Otherwise as
    /// [`strip_prefix`](Self::strip_prefix).
    ///
    /// # Panics
    ///
    /// Panics if the prefix does not begin with a slash, or ends with one.
    #[track_caller]
    pub fn add_prefix(self, prefix: &str) -> Self {
        self.replace_prefix("", prefix)
    }

    /// Replaces a prefix of the path: with `"/api"` and `"/v2"`, the origin gets `/v2/post` for `/api/post`. Otherwise
    /// as [`strip_prefix`](Self::strip_prefix).
    ///
    /// # Panics
    ///
    /// Panics if a prefix does not begin with a slash, or ends with one. An empty text stands for the root.
    #[track_caller]
    pub fn replace_prefix(mut self, from: &str, to: &str) -> Self {
        Arc::make_mut(&mut self.settings).paths.push(from, to);
        self
    }

    /// Sets a header of the request to the origin. It replaces what the client has sent.
    ///
    /// # Panics
    ///
    /// Panics if the name or the value is not valid.
    #[track_caller]
    pub fn set_header(
        mut self,
        name: impl TryInto<HeaderName, Error: Into<http::Error>>,
        value: impl IntoHeaderValue,
    ) -> Self {
        Arc::make_mut(&mut self.settings).edits.set(name, value);
        self
    }

    /// Removes a header of the request to the origin.
    ///
    /// # Panics
    ///
    /// Panics if the name is not valid.
    #[track_caller]
    pub fn remove_header(mut self, name: impl TryInto<HeaderName, Error: Into<http::Error>>) -> Self {
        Arc::make_mut(&mut self.settings).edits.remove(name);
        self
    }

    /// Sets a function that changes each request to the origin, after everything else. The extensions are those of the
    /// client's request, so it can pass on what a layer has found out:
    ///
    /// ```
    /// use tower_api_routes::Proxy;
    ///
    /// #[derive(Clone)]
    /// struct User(String);
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let next = Proxy::new("http://127.0.0.1:3000")?.remove_header("x-user").map_request(|request| {
    ///     let user = request.extensions().get::<User>().and_then(|User(name)| name.parse().ok());
    ///     if let Some(user) = user {
    ///         request.headers_mut().insert("x-user", user);
    ///     }
    /// });
    /// # Ok(()) }
    /// ```
    ///
    /// The request's framing and its connection are the proxy's: `Content-Length`, `Transfer-Encoding`, `TE`,
    /// `Upgrade` and `Connection` are set afterwards.
    pub fn map_request(self, change: impl Fn(&mut Request<Body>) + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.edits.on_request(change))
    }

    /// Sets a function that changes each response of the origin.
    ///
    /// ```
    /// use tower_api_routes::Proxy;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let next = Proxy::new("http://127.0.0.1:3000")?.map_response(|response| {
    ///     response.headers_mut().remove("x-powered-by");
    /// });
    /// # Ok(()) }
    /// ```
    pub fn map_response(self, change: impl Fn(&mut Response<Body>) + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.edits.on_response(change))
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

    /// Sets the time for which a client can send nothing of its request's body. Default: 60 seconds, as in nginx.
    ///
    /// After that time the client gets a 408, and the connection to the origin is closed.
    pub fn body_timeout(self, time: Duration) -> Self {
        self.set(|settings| settings.body_timeout = time)
    }

    /// Sets the number of headers that a response of the origin can have. Default: 256.
    ///
    /// A response with more headers is a 502.
    pub fn max_response_headers(self, number: usize) -> Self {
        self.set(|settings| settings.set_max_headers(number))
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

    pub(crate) fn origin(&self) -> &Origin {
        &self.settings.origin
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
                    log::failed(&error, &settings.origin);
                }
                ErrorResponse::respond(error)
            })
        }))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the headers to set, which may be secrets.
        let settings = &*self.settings;
        f.debug_struct("Proxy")
            .field("origin", &format_args!("{}", settings.origin))
            .field("preserve_host", &settings.preserve_host)
            .field("forwarded_headers", &settings.forwarded)
            .field("timeout", &settings.timeout)
            .field("body_timeout", &settings.body_timeout)
            .field("pseudonym", &settings.pseudonym.name())
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
