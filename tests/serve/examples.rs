//! The examples of listeners, asked over their sockets.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/tls.rs"]
mod tls;
#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/unix_socket.rs"]
mod unix_socket;

use crate::common::net::{self, tls::Certificate};
use crate::memory::rest;
use http_body_util::BodyExt as _;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::{ClientConfig, ServerConfig};
use tower_api_routes::serve;

const LIMIT: Duration = Duration::from_millis(500);

/// The example's settings for a certificate, and those of a client that trusts no other.
fn settings() -> (ServerConfig, ClientConfig) {
    let certificate = Certificate::new();
    (tls::config(certificate.chain(), certificate.key()).unwrap(), certificate.client())
}

/// Starts the example, with a limit for handshakes; gives its address and a client's settings.
async fn start_tls() -> (SocketAddr, ClientConfig) {
    let (address, client, _) = start_renewable().await;
    (address, client)
}

async fn start_renewable() -> (SocketAddr, ClientConfig, watch::Sender<Arc<ServerConfig>>) {
    let (server, client) = settings();
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let (renew, config) = watch::channel(Arc::new(server));
    let listener = tls::TlsListener::new(tcp, config);
    let server = serve(listener, tls::router()).with_remote_addr().header_read_timeout(LIMIT);
    tokio::spawn(server.into_future());
    (address, client, renew)
}

async fn handshake(
    address: SocketAddr,
    config: &ClientConfig,
    protocol: &str,
) -> (TlsStream<TcpStream>, SocketAddr) {
    let stream = TcpStream::connect(address).await.unwrap();
    let local = stream.local_addr().unwrap();
    (net::tls::handshake(stream, config, protocol).await, local)
}

/// A whole request over HTTP/1.1, within a second.
async fn ask_over_tls(address: SocketAddr, config: &ClientConfig) -> String {
    let ask = async {
        let (mut stream, local) = handshake(address, config, "http/1.1").await;
        stream.write_all(b"GET /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let response = rest(&mut stream).await;
        assert!(response.contains(&local.to_string()), "{response}");
        response
    };
    timeout(Duration::from_secs(1), ask).await.expect("a slow handshake holds it up")
}

#[tokio::test]
async fn tls_speaks_both_versions() {
    let (address, config) = start_tls().await;
    let response = ask_over_tls(address, &config).await;
    assert!(
        response.starts_with("HTTP/1.1 200") && response.contains(r#""version":"HTTP/1.1""#),
        "{response}"
    );
    let (stream, local) = handshake(address, &config, "h2").await;
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("https://localhost/api/hello").body(String::new()).unwrap();
    let body = client.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, serde_json::json!({ "version": "HTTP/2.0", "client": local }).to_string());
}

#[tokio::test]
async fn a_certificate_is_renewed_while_the_server_runs() {
    let (address, old, renew) = start_renewable().await;
    let (mut open, _) = handshake(address, &old, "http/1.1").await;
    let (server, new) = settings();
    renew.send_replace(Arc::new(server));
    ask_over_tls(address, &new).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let refused = TlsConnector::from(Arc::new(old)).connect("localhost".try_into().unwrap(), stream).await;
    assert!(refused.is_err(), "the old certificate on a new connection");
    open.write_all(b"GET /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    assert!(rest(&mut open).await.starts_with("HTTP/1.1 200"), "an open connection");
}

#[tokio::test]
async fn slow_handshake_delays_nobody() {
    let (address, config) = start_tls().await;
    let begin = Instant::now();
    let mut silent = Vec::new();
    for hello in ["", "\x16\x03\x01", "not TLS, but long enough to be no beginning of it"] {
        for _ in 0..10 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(hello.as_bytes()).await.unwrap();
            silent.push(stream);
        }
    }
    for _ in 0..3 {
        ask_over_tls(address, &config).await;
    }
    for mut stream in silent {
        timeout(Duration::from_secs(5), stream.read_to_end(&mut Vec::new())).await.expect("no limit").ok();
    }
    assert!((LIMIT..4 * LIMIT).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    ask_over_tls(address, &config).await;
}

#[tokio::test]
async fn an_upload_over_tls_reads_its_413() {
    let (address, config) = start_tls().await;
    let (mut stream, _) = handshake(address, &config, "http/1.1").await;
    let head = "POST /api/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let piece = vec![b'x'; 1_000_000];
    for _ in 0..50 {
        stream.write_all(&piece).await.expect("the upload is read to its end");
    }
    let response = rest(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 413"), "{response}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_served() {
    use tokio::net::{UnixListener, UnixStream};
    let path = std::env::temp_dir().join(format!("example-{}.sock", std::process::id()));
    _ = std::fs::remove_file(&path);
    tokio::spawn(
        serve(UnixListener::bind(&path).unwrap(), unix_socket::router()).with_remote_addr().into_future(),
    );
    let mut stream = UnixStream::connect(&path).await.unwrap();
    let request = "GET /api/hello HTTP/1.1\r\nHost: x\r\nX-Real-IP: 203.0.113.7\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let response = rest(&mut stream).await;
    assert!(response.ends_with(r#"{"client":"203.0.113.7","socket":null}"#), "{response}");
    std::fs::remove_file(path).unwrap();
}
