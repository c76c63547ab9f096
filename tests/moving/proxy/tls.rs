//! An origin behind HTTPS, with a certificate that the system trusts and with one that it does not, and a server with TLS
//! in front.

#[allow(dead_code, unreachable_pub)]
#[path = "../../../examples/tls.rs"]
mod example;

use crate::support::{Origin, Reply, get, read};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::process::Command;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{ApiRouter, Body, Proxy, serve};

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

#[tokio::test]
async fn over_tls_the_scheme_is_https() {
    let made = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.key_pair.serialize_der()));
    let certificate = made.cert.der().clone();
    let config = example::config(vec![certificate.clone()], key).unwrap();
    let (_renewal, config) = tokio::sync::watch::channel(Arc::new(config));
    let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let origin = Origin::start(move |_, request| {
        if request.contains("upgrade: websocket") { Reply::send(switch) } else { Reply::ok("ok") }
    })
    .await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let proxy = origin.proxy().forwarded_headers(ForwardedHeaders::Replace);
    let server = serve(example::TlsListener::new(tcp, config), ApiRouter::new().fallback(proxy));
    tokio::spawn(server.with_remote_addr().into_future());
    let connect = |protocol: &'static str| {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config =
            rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let mut config = config.unwrap().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![protocol.into()];
        async move {
            let stream = tokio::net::TcpStream::connect(address).await.unwrap();
            let name = "localhost".try_into().unwrap();
            tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
        }
    };
    let requests = [
        "GET /plain HTTP/1.1\r\nhost: localhost\r\nx-forwarded-proto: http\r\nconnection: close\r\n\r\n",
        "GET http://localhost/absolute HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        "GET /socket HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
    ];
    for request in requests {
        let mut stream = connect("http/1.1").await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).await.unwrap();
        let expected = if request.contains("/socket") { b"HTTP/1.1 101" } else { b"HTTP/1.1 200" };
        assert_eq!(&start, expected, "{request}");
        assert!(origin.requests().pop().unwrap().contains("x-forwarded-proto: https\r\n"), "{request}");
    }
    let io = hyper_util::rt::TokioIo::new(connect("h2").await);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut client, connection) = hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("http://localhost/h2").body(Body::empty()).unwrap();
    assert_eq!(client.send_request(request).await.unwrap().status(), 200);
    assert!(origin.requests().pop().unwrap().contains("x-forwarded-proto: https\r\n"), "HTTP/2");
}
