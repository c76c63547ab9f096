//! HTTPS, with a certificate that the system trusts and with one that it does not.

use super::{ID, api, get};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::process::Command;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower_api_routes::HttpRevalidator;

/// Revalidates at the address of the variable `ORIGIN`, in a process of its own: which certificates the system trusts is
/// said by the environment.
#[tokio::test]
#[ignore = "the child of `https_uses_the_systems_certificates`"]
async fn child() {
    let origin = std::env::var("ORIGIN").unwrap();
    match HttpRevalidator::new(ID, [origin]) {
        Ok(next) => println!("{:?}", get(&api(next), "/api/changed?path=/p").await),
        Err(error) => println!("{error}"),
    }
}

#[tokio::test]
async fn https_uses_the_systems_certificates() {
    let folder = std::env::temp_dir().join(format!("tower-api-routes-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let certified = |name| {
        let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let file = folder.join(name);
        std::fs::write(&file, made.cert.pem()).unwrap();
        (made, file)
    };
    let ((server, own), (_, another)) = (certified("own.pem"), certified("another.pem"));
    let empty = folder.join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let (port, task) = serve_tls(server).await;
    let origin = format!("https://localhost:{port}");
    let cases = [
        (&own, r#"(200, "[200]")"#),
        (&another, "invalid peer certificate"),
        (&empty, "no certificates to trust"),
    ];
    for (trusted, expected) in cases {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "tls::child", "--nocapture"]);
        child.env("ORIGIN", &origin).env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(output.contains(expected), "{trusted:?}: {output}");
    }
    task.abort();
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn serve_tls(made: CertifiedKey) -> (u16, tokio::task::JoinHandle<()>) {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.key_pair.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust the certificate hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            assert!(request[..length].starts_with(b"HEAD /p HTTP/1.1\r\n"));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        }
    });
    (port, task)
}
