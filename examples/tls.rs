//! HTTPS with tokio-rustls: HTTP/2 and HTTP/1.1, as the client prefers.
//!
//! ```sh
//! openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost -keyout key.pem -out cert.pem
//! CERT=cert.pem KEY=key.pem cargo run --example tls
//! curl --insecure https://localhost:4000/api/hello
//! kill -HUP $(pidof tls)                                            # after a renewal: the files are read again
//! ```

#![allow(missing_docs, missing_debug_implementations)] // a test includes this file

use http::uri::Scheme;
use serde_json::json;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, TlsAcceptor};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Listener, Result, serve, shutdown_signal};

async fn hello(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&json!({ "version": format!("{:?}", req.version()), "client": req.remote_addr() }))
}

pub(crate) fn router() -> ApiRouter {
    ApiRouter::new().route("/api/hello", hello)
}

/// Returns the settings of TLS for a certificate chain and its key.
pub(crate) fn config(
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> std::result::Result<ServerConfig, tokio_rustls::rustls::Error> {
    let mut config = ServerConfig::builder().with_no_client_auth().with_single_cert(certificates, key)?;
    config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
    Ok(config)
}

/// TLS on top of TCP. A new connection gets the settings that were sent last; open ones keep theirs.
pub(crate) struct TlsListener {
    tcp: TcpListener,
    config: watch::Receiver<Arc<ServerConfig>>,
}

impl TlsListener {
    pub(crate) fn new(tcp: TcpListener, config: watch::Receiver<Arc<ServerConfig>>) -> Self {
        Self { tcp, config }
    }
}

impl Listener for TlsListener {
    type Io = TlsIo;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> io::Result<(TlsIo, SocketAddr)> {
        let (stream, addr) = Listener::accept(&mut self.tcp).await?;
        // The handshake is left to the connection's task: a client that takes its time for it delays nobody else.
        let acceptor = TlsAcceptor::from(Arc::clone(&self.config.borrow()));
        Ok((TlsIo::Handshake(Box::new(acceptor.accept(stream))), addr))
    }

    /// What a proxy behind it passes on as `X-Forwarded-Proto`.
    fn scheme(&self) -> Scheme {
        Scheme::HTTPS
    }
}

/// A connection that shakes hands when it is first read.
pub(crate) enum TlsIo {
    Handshake(Box<Accept<TcpStream>>),
    Open(Box<TlsStream<TcpStream>>),
}

impl TlsIo {
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Pin<&mut TlsStream<TcpStream>>>> {
        loop {
            match self {
                Self::Open(stream) => return Poll::Ready(Ok(Pin::new(stream))),
                Self::Handshake(accept) => {
                    let stream = ready!(Pin::new(accept).poll(cx))?;
                    *self = Self::Open(Box::new(stream));
                }
            }
        }
    }
}

impl AsyncRead for TlsIo {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_read(cx, buf)
    }
}

impl AsyncWrite for TlsIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?.poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?.poll_shutdown(cx)
    }
}

/// Reads the certificate and its key from their files.
fn read(certificate: &str, key: &str) -> std::result::Result<Arc<ServerConfig>, Box<dyn Error>> {
    let certificates = CertificateDer::pem_file_iter(certificate)?.collect::<std::result::Result<_, _>>()?;
    Ok(Arc::new(config(certificates, PrivateKeyDer::from_pem_file(key)?)?))
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn Error>> {
    let certificate = std::env::var("CERT").map_err(|_| "set CERT to the file of the certificate")?;
    let key = std::env::var("KEY").map_err(|_| "set KEY to the file of its key")?;
    let (renew, config) = watch::channel(read(&certificate, &key)?);
    let address = std::env::var("ADDR").unwrap_or_else(|_| "127.0.0.1:4000".into());
    let tcp = TcpListener::bind(address).await?;
    println!("listening on https://{}", tcp.local_addr()?);
    // `kill -HUP` after a renewal. A file that cannot be read changes nothing.
    #[cfg(unix)]
    tokio::spawn(async move {
        let mut hang_up = signal(SignalKind::hangup()).expect("SIGHUP can be handled");
        while hang_up.recv().await.is_some() {
            match read(&certificate, &key) {
                Ok(config) => _ = renew.send_replace(config),
                Err(error) => eprintln!("the certificate stays as it is: {error}"),
            }
        }
    });
    serve(TlsListener::new(tcp, config), router())
        .with_remote_addr()
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    Ok(())
}
