//! An origin behind HTTPS, with a certificate that the system trusts and with one that it does not, and a server with TLS
//! in front.

#[allow(dead_code, unreachable_pub)]
#[path = "../../../examples/tls.rs"]
mod example;

use crate::common::net::tls::{Certificate, handshake, with_trusted_certificates};
use crate::shadow::settled;
use crate::support::{Origin, Reply, get, read};
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tower::{Layer as _, ServiceExt as _};
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{ApiRouter, Body, Proxy, ShadowLayer, serve};

/// Sends a request to the address of the variable `ORIGIN`, in a process of its own: the environment says which
/// certificates the system trusts.
#[tokio::test]
#[ignore = "the child of `an_origin_may_speak_https`"]
async fn child() {
    let Ok(origin) = std::env::var("ORIGIN") else { return };
    match Proxy::new(&origin) {
        Ok(proxy) => println!("{:?}", read(proxy.oneshot(get("/p")).await.unwrap()).await),
        Err(error) => {
            let plain = Proxy::new(&origin.replace("https:", "http:"));
            println!("{error}; plain HTTP needs none: {}", plain.is_ok());
        }
    }
}

#[tokio::test]
async fn an_origin_may_speak_https() {
    let response = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    let expected = [
        r#"(200, "ok")"#,
        r#"(502, "Bad Gateway")"#,
        "no certificates to trust; plain HTTP needs none: true",
    ];
    with_trusted_certificates("proxy::tls::child", "GET /p HTTP/1.1\r\n", response, expected).await;
}

#[tokio::test]
async fn over_tls_the_scheme_is_https() {
    let certificate = Certificate::new();
    let config = certificate.server();
    let (_renewal, config) = tokio::sync::watch::channel(Arc::new(config));
    let switch = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    let origin = Origin::start(move |_, request| {
        if request.contains("upgrade: websocket") { Reply::send(switch) } else { Reply::ok("ok") }
    })
    .await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let proxy = origin.proxy().forwarded_headers(ForwardedHeaders::Replace);
    let old = Origin::start(|_, _| Reply::ok("ok")).await;
    let shadow = ShadowLayer::new(old.proxy().forwarded_headers(ForwardedHeaders::Replace));
    let service = shadow.layer(ApiRouter::new().fallback(proxy));
    let server = serve(example::TlsListener::new(tcp, config), service);
    tokio::spawn(server.with_remote_addr().into_future());
    let client = certificate.client();
    let connect = async |protocol| {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        handshake(stream, &client, protocol).await
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
    assert_eq!(read(client.send_request(request).await.unwrap()).await.0, 200);
    assert!(origin.requests().pop().unwrap().contains("x-forwarded-proto: https\r\n"), "HTTP/2");
    // A shadow's copies are of the same connection; an upgrade has none.
    settled(&shadow, 3).await;
    let copies = old.requests();
    assert_eq!(copies.len(), 3);
    assert!(copies.iter().all(|copy| copy.contains("x-forwarded-proto: https\r\n")), "{copies:?}");
}
