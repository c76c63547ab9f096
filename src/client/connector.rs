//! Connections that record whether they have served a request before.

use super::origin::{Origin, OriginError};
use crate::body::BoxError;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
#[cfg(feature = "__tls")]
use hyper_rustls::ConfigBuilderExt as _;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use pin_project_lite::pin_project;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tower_service::Service;

#[cfg(feature = "__tls")]
type Inner = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "__tls"))]
type Inner = HttpConnector;

type Stream = <Inner as Service<Uri>>::Response;

/// Connects over TCP, and with TLS if the feature is on.
#[derive(Clone)]
pub(crate) struct Connector(Inner);

impl Connector {
    #[cfg(feature = "__tls")]
    pub(super) fn new(origins: &[Origin]) -> Result<Self, OriginError> {
        let untrusted = |problem| OriginError::new("https", problem);
        // Set explicitly, because rustls has no default in a program with two providers.
        let provider = rustls::crypto::ring::default_provider();
        let config = rustls::ClientConfig::builder_with_provider(provider.into())
            .with_safe_default_protocol_versions()
            .map_err(|_| untrusted("rustls supports no safe protocol version"))?;
        let config = if origins.iter().any(Origin::is_https) {
            config.with_native_roots().map_err(|_| untrusted("the system has no certificates to trust"))?
        } else {
            // A container that only uses plain HTTP need not have certificates.
            config.with_root_certificates(rustls::RootCertStore::empty())
        };
        let builder =
            hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(config.with_no_client_auth());
        let mut tcp = tcp();
        tcp.enforce_http(false);
        Ok(Self(builder.https_or_http().enable_http1().wrap_connector(tcp)))
    }

    #[cfg(not(feature = "__tls"))]
    #[allow(clippy::unnecessary_wraps)] // with TLS it can fail
    pub(super) fn new(_: &[Origin]) -> Result<Self, OriginError> {
        Ok(Self(tcp()))
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    // Small requests are sent at once.
    tcp.set_nodelay(true);
    tcp
}

impl Service<Uri> for Connector {
    type Response = Tracked;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Tracked, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.0.call(uri);
        Box::pin(async move { Ok(Tracked { stream: connecting.await?, reused: Reused::default() }) })
    }
}

/// Whether a connection has served a request before. It is in the extensions of a response, and in the connection info
/// of an error.
#[derive(Clone, Default)]
pub(crate) struct Reused(Arc<AtomicBool>);

#[cfg_attr(not(feature = "proxy"), allow(dead_code))] // revalidation does not retry
impl Reused {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

pin_project! {
    /// A connection with its [`Reused`].
    pub(crate) struct Tracked {
        #[pin]
        stream: Stream,
        reused: Reused,
    }
}

impl Connection for Tracked {
    fn connected(&self) -> Connected {
        self.stream.connected().extra(self.reused.clone())
    }
}

impl Read for Tracked {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_read(cx, buf)
    }
}

impl Write for Tracked {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().stream.poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().stream.poll_write_vectored(cx, bufs)
    }
}
