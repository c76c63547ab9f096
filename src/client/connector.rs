//! Connections that record whether they have served a request before.

use super::origin::{Origin, OriginError};
use crate::body::BoxError;
use http::Uri;
#[cfg(feature = "__tls")]
use hyper_rustls::ConfigBuilderExt as _;
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower_service::Service;

#[cfg(feature = "__tls")]
type Inner = hyper_rustls::HttpsConnector<HttpConnector>;
#[cfg(not(feature = "__tls"))]
type Inner = HttpConnector;

type Stream = <Inner as Service<Uri>>::Response;

/// Connects over TCP, and with TLS if the feature is on. A clone is cheap, because the client makes one for each
/// request.
#[derive(Clone)]
pub(crate) struct Connector(Arc<(Inner, Option<Uri>)>);

impl Connector {
    /// Creates a connector to the hosts of URLs.
    #[cfg(feature = "revalidate")]
    pub(super) fn new(origins: &[Origin]) -> Result<Self, OriginError> {
        Ok(Self(Arc::new((Self::inner(origins)?, None))))
    }

    /// Creates a connector to one server, whatever the URL is.
    #[cfg(feature = "proxy")]
    pub(crate) fn to(origin: &Origin) -> Result<Self, OriginError> {
        Ok(Self(Arc::new((Self::inner(std::slice::from_ref(origin))?, Some(origin.uri())))))
    }

    #[cfg(feature = "__tls")]
    fn inner(origins: &[Origin]) -> Result<Inner, OriginError> {
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
        Ok(builder.https_or_http().enable_http1().wrap_connector(tcp))
    }

    #[cfg(not(feature = "__tls"))]
    #[allow(clippy::unnecessary_wraps)] // with TLS it can fail
    fn inner(_: &[Origin]) -> Result<Inner, OriginError> {
        Ok(tcp())
    }
}

fn tcp() -> HttpConnector {
    let mut tcp = HttpConnector::new();
    // Small requests are sent at once.
    tcp.set_nodelay(true);
    tcp
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Tracked>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        // That of both connectors is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (inner, only) = &*self.0;
        let connecting = inner.clone().call(only.clone().unwrap_or(uri));
        Box::pin(async move {
            let stream = TokioIo::new(connecting.await?);
            Ok(TokioIo::new(Tracked { stream, usage: Usage::default() }))
        })
    }
}

/// What has happened on a connection. It is in the extensions of a response, and in the connection info of an error.
#[derive(Clone, Default)]
pub(crate) struct Usage(Arc<AtomicU8>);

/// The head of a response has come, and nothing has been written since. Before, the state is 0.
const RESPONDED: u8 = 1;
/// A request is on its way, and nothing of its response has come.
const ASKED: u8 = 2;
/// Something of its response has come.
const STARTED: u8 = 3;

#[cfg_attr(not(feature = "proxy"), allow(dead_code))] // revalidation does not retry
impl Usage {
    /// Records that the head of a response has come.
    pub(crate) fn responded(&self) {
        self.0.store(RESPONDED, Ordering::Relaxed);
    }

    /// Returns whether the connection has served a request before, and has sent nothing in response to the last one.
    pub(crate) fn is_silent(&self) -> bool {
        self.0.load(Ordering::Relaxed) == ASKED
    }

    fn has_read(&self) {
        _ = self.0.compare_exchange(ASKED, STARTED, Ordering::Relaxed, Ordering::Relaxed);
    }

    fn writes(&self) {
        _ = self.0.compare_exchange(RESPONDED, ASKED, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// A connection with its [`Usage`].
pub(crate) struct Tracked {
    // As Tokio's side of the stream, which tells how much was read.
    stream: TokioIo<Stream>,
    usage: Usage,
}

impl Connection for Tracked {
    fn connected(&self) -> Connected {
        // Without the addresses, which each response would have in its extensions.
        Connected::new().extra(self.usage.clone())
    }
}

impl AsyncRead for Tracked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.usage.has_read();
        }
        polled
    }
}

impl AsyncWrite for Tracked {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.usage.writes();
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.usage.writes();
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}

#[cfg(all(test, feature = "__tls"))]
mod tests {
    use super::*;
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    const SOON: Duration = Duration::from_secs(10);

    /// A connection over TLS to a server that reads this number of bytes, then writes one, and returns how many bytes come until
    /// the client ends.
    async fn connect(bytes: oneshot::Receiver<usize>) -> (TokioIo<TokioIo<Tracked>>, JoinHandle<usize>) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(made.key_pair.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let server = server.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let server = server.with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = tokio_rustls::TlsAcceptor::from(Arc::new(server)).accept(stream).await.unwrap();
            let mut read = vec![0; bytes.await.unwrap()];
            stream.read_exact(&mut read).await.unwrap();
            stream.write_all(b"!").await.unwrap();
            stream.read_to_end(&mut read).await.unwrap()
        });
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider);
        let client = client.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots);
        let builder =
            hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(client.with_no_client_auth());
        let mut tcp = tcp();
        tcp.enforce_http(false);
        let inner = builder.https_or_http().enable_http1().wrap_connector(tcp);
        let connected = Connector(Arc::new((inner, None))).call(uri.parse().unwrap()).await;
        (TokioIo::new(connected.unwrap()), server)
    }

    #[tokio::test]
    async fn tls_is_flushed_and_closed() {
        let (tell, told) = oneshot::channel();
        let (mut stream, server) = connect(told).await;
        // Until the sockets and the buffer of TLS are full.
        let (piece, mut written) = (vec![b'x'; 64 * 1024], 0);
        while let Ok(length) = timeout(Duration::from_millis(200), stream.write(&piece)).await {
            written += length.unwrap();
        }
        tell.send(written).unwrap();
        timeout(SOON, stream.flush()).await.unwrap().unwrap();
        let read = timeout(SOON, stream.read_u8()).await.expect("all of it has arrived");
        assert_eq!(read.unwrap(), b'!');
        stream.shutdown().await.unwrap();
        let rest = timeout(SOON, server).await.expect("the server sees the end").unwrap();
        assert_eq!(rest, 0);
    }
}
