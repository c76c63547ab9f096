//! TLS with a certificate that signs itself.

use std::env;
use std::process::{Command, id};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector, client::TlsStream};

/// A certificate of `localhost` with its key.
pub(crate) struct Certificate {
    der: CertificateDer<'static>,
    key: Vec<u8>,
    pem: String,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        Self { der: made.cert.der().clone(), key: made.key_pair.serialize_der(), pem: made.cert.pem() }
    }

    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.der.clone()]
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.clone()).unwrap()
    }

    /// A server that has it, for both versions of HTTP.
    pub(crate) fn server(&self) -> ServerConfig {
        let builder = ServerConfig::builder().with_no_client_auth();
        let mut config = builder.with_single_cert(self.chain(), self.key()).unwrap();
        config.alpn_protocols = vec!["h2".into(), "http/1.1".into()];
        config
    }

    /// A client that trusts it, and no other.
    pub(crate) fn client(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone()).unwrap();
        ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
    }
}

/// Shakes hands for this protocol.
pub(crate) async fn handshake(
    stream: TcpStream,
    config: &ClientConfig,
    protocol: &str,
) -> TlsStream<TcpStream> {
    let mut config = config.clone();
    config.alpn_protocols = vec![protocol.into()];
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol.as_bytes()));
    stream
}

/// Sends the response to each request, which has to begin with this line.
pub(crate) async fn serve_tls(config: ServerConfig, request: &'static str, response: &'static str) -> u16 {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust the certificate hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = [0; 1024];
            let length = stream.read(&mut head).await.unwrap();
            assert!(head[..length].starts_with(request.as_bytes()));
            stream.write_all(response.as_bytes()).await.unwrap();
        }
    });
    port
}

/// Runs an ignored test of this binary in processes whose systems trust the certificate of the server at `ORIGIN`, another one, and none.
/// Each prints what is expected.
pub(crate) async fn with_trusted_certificates(
    test: &'static str,
    request: &'static str,
    response: &'static str,
    expected: [&str; 3],
) {
    let folder = env::temp_dir().join(format!("tower-api-routes-{}-{}", test.replace("::", "-"), id()));
    std::fs::create_dir_all(&folder).unwrap();
    let own = Certificate::new();
    let mut config = own.server();
    config.alpn_protocols.clear();
    let port = serve_tls(config, request, response).await;
    for (trusted, expected) in [own.pem, Certificate::new().pem, String::new()].iter().zip(expected) {
        let file = folder.join("trusted.pem");
        std::fs::write(&file, trusted).unwrap();
        let mut child = Command::new(env::current_exe().unwrap());
        child.args(["--ignored", "--exact", test, "--nocapture"]);
        child.env("ORIGIN", format!("https://localhost:{port}"));
        child.env("SSL_CERT_FILE", file).env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(output.contains(expected), "{expected}: {output}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
