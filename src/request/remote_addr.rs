//! The client's address.

use std::net::SocketAddr;

/// The address of the client, which a server inserts into the extensions of its requests.
///
/// [`ApiRequest::remote_addr`](crate::ApiRequest::remote_addr) reads it. [`serve`](crate::serve) inserts it with
/// [`with_remote_addr`](crate::Serve::with_remote_addr). With another server, a layer can insert it, for example
/// with axum:
///
/// ```
/// use axum::Router;
/// use axum::extract::{ConnectInfo, Request};
/// use axum::middleware::{Next, from_fn};
/// use std::net::SocketAddr;
/// use tower_api_routes::{ApiRouter, RemoteAddr};
///
/// let api = ApiRouter::new();
/// let app: Router = Router::new().fallback_service(api).layer(from_fn(
///     async |ConnectInfo(addr): ConnectInfo<SocketAddr>, mut request: Request, next: Next| {
///         request.extensions_mut().insert(RemoteAddr::from(addr));
///         next.run(request).await
///     },
/// ));
/// # #[allow(unused_must_use)]
/// # async fn run(listener: tokio::net::TcpListener, app: Router) {
/// axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await;
/// # }
/// ```
///
/// Or with hyper:
///
/// ```
/// # use hyper::{Request, body::Incoming};
/// # use tower::Service as _;
/// # use tower_api_routes::{ApiRouter, RemoteAddr};
/// # async fn run(listener: tokio::net::TcpListener, api: ApiRouter) -> std::io::Result<()> {
/// let (stream, addr) = listener.accept().await?;
/// let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
///     request.extensions_mut().insert(RemoteAddr::from(addr));
///     api.clone().call(request)
/// });
/// # let io = hyper_util::rt::TokioIo::new(stream);
/// # _ = hyper::server::conn::http1::Builder::new().serve_connection(io, service).await;
/// # Ok(())
/// # }
/// ```
///
/// A client of a Unix socket has no address: `RemoteAddr::from(None)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RemoteAddr(Option<SocketAddr>);

/// The extension of a request that came over TLS, to the server itself.
#[cfg_attr(not(feature = "serve"), allow(dead_code))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tls;

impl RemoteAddr {
    /// Returns the IP address and the port, or `None` for a client without an address.
    pub fn socket_addr(self) -> Option<SocketAddr> {
        self.0
    }
}

impl From<SocketAddr> for RemoteAddr {
    fn from(addr: SocketAddr) -> Self {
        Self(Some(addr))
    }
}

impl From<Option<SocketAddr>> for RemoteAddr {
    fn from(addr: Option<SocketAddr>) -> Self {
        Self(addr)
    }
}
