//! An origin behind HTTPS, with a certificate that the system trusts and with one that it does not.

use crate::support::{get, read};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::process::Command;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tower_api_routes::Proxy;

/// Sends a request to the address of the variable `ORIGIN`, in a process of its own: the environment says which
/// certificates the system trusts.
#[tokio::test]
#[ignore = "the child of `an_origin_may_speak_https`"]
async fn child() {
    let Ok(origin) = std::env::var("ORIGIN") else { return };
    match Proxy::new(&origin) {
        Ok(proxy) => println!("{:?}", read(proxy.oneshot(get("/p")).await.unwrap()).await),
        Err(error) => println!("{error}"),
    }
}

#[tokio::test]
async fn an_origin_may_speak_https() {
    let folder = std::env::temp_dir().join(format!("tower-api-routes-proxy-tls-{}", std::process::id()));
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
    let port = serve_tls(server).await;
    let cases = [
        (&own, r#"(200, "ok")"#),
        (&another, r#"(502, "Bad Gateway")"#),
        (&empty, "no certificates to trust"),
    ];
    for (trusted, expected) in cases {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--ignored", "--exact", "proxy::tls::child", "--nocapture"]);
        child.env("ORIGIN", format!("https://localhost:{port}"));
        child.env("SSL_CERT_FILE", trusted).env_remove("SSL_CERT_DIR");
        let output = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        assert!(output.contains(expected), "{trusted:?}: {output}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn serve_tls(made: CertifiedKey) -> u16 {
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
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust the certificate hangs up.
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 1024];
            let length = stream.read(&mut request).await.unwrap();
            assert!(request[..length].starts_with(b"GET /p HTTP/1.1\r\n"));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        }
    });
    port
}
