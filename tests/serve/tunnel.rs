//! Tunnels over upgraded connections: one direction may end long before the other, and nothing is lost.

use crate::memory::head;
use http::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tower::service_fn;
use tower_api_routes::{Body, serve};

#[derive(Clone, Copy, Debug)]
enum Copy {
    Bidirectional,
    TwoTasks,
}

/// A proxy that tunnels to the upstream, and reports how many bytes went up and down.
async fn proxy(upstream: SocketAddr, how: Copy, report: mpsc::UnboundedSender<(u64, u64)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(move |mut request: Request<Body>| {
        let (upgrade, report) = (hyper::upgrade::on(&mut request), report.clone());
        tokio::spawn(async move {
            let mut client = TokioIo::new(upgrade.await.unwrap());
            let mut upstream = TcpStream::connect(upstream).await.unwrap();
            let counts = match how {
                Copy::Bidirectional => copy_bidirectional(&mut client, &mut upstream).await.unwrap(),
                Copy::TwoTasks => {
                    let (mut client_read, mut client_write) = split(client);
                    let (mut upstream_read, mut upstream_write) = upstream.into_split();
                    let up = tokio::spawn(async move {
                        let count = copy(&mut client_read, &mut upstream_write).await.unwrap();
                        upstream_write.shutdown().await.unwrap();
                        count
                    });
                    let down = tokio::spawn(async move {
                        let count = copy(&mut upstream_read, &mut client_write).await.unwrap();
                        client_write.shutdown().await.unwrap();
                        count
                    });
                    (up.await.unwrap(), down.await.unwrap())
                }
            };
            report.send(counts).unwrap();
        });
        let response = if request.method() == Method::CONNECT {
            Response::builder()
        } else {
            Response::builder().status(101).header("connection", "upgrade").header("upgrade", "tunnel")
        };
        std::future::ready(Ok::<_, Infallible>(response.body(Body::empty()).unwrap()))
    });
    tokio::spawn(serve(listener, service).header_read_timeout(Duration::from_millis(300)).into_future());
    address
}

/// Sends its part, and ends; first or after it has read everything.
async fn half(mut stream: TcpStream, bytes: &[u8], is_first: bool) -> Vec<u8> {
    let mut read = Vec::new();
    if !is_first {
        stream.read_to_end(&mut read).await.unwrap();
        // Longer than a lingering close is silent, and than a head may take.
        sleep(Duration::from_millis(1500)).await;
    }
    stream.write_all(bytes).await.unwrap();
    stream.shutdown().await.unwrap();
    if is_first {
        stream.read_to_end(&mut read).await.unwrap();
    }
    read
}

#[tokio::test]
async fn half_closed_tunnel_loses_nothing() {
    const UP: &[u8] = &[b'u'; 5_000];
    const DOWN: &[u8] = &[b'd'; 70_000];
    let upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: tunnel\r\n\r\n";
    let connect = "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut cases = Vec::new();
    for how in [Copy::Bidirectional, Copy::TwoTasks] {
        for request in [upgrade, connect] {
            for upstream_first in [true, false] {
                cases.push(tokio::spawn(async move {
                    let name = format!("{how:?}, {}, upstream first: {upstream_first}", &request[..7]);
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    let (sender, mut report) = mpsc::unbounded_channel();
                    let address = proxy(listener.local_addr().unwrap(), how, sender).await;
                    let upstream = tokio::spawn(async move {
                        half(listener.accept().await.unwrap().0, DOWN, upstream_first).await
                    });
                    let mut client = TcpStream::connect(address).await.unwrap();
                    client.write_all(request.as_bytes()).await.unwrap();
                    head(&mut client).await;
                    assert_eq!(half(client, UP, !upstream_first).await, DOWN, "{name}: downwards");
                    assert_eq!(upstream.await.unwrap(), UP, "{name}: upwards");
                    let counts = timeout(Duration::from_secs(5), report.recv()).await;
                    assert_eq!(counts, Ok(Some((5_000, 70_000))), "{name}: the tunnel ends");
                }));
            }
        }
    }
    for case in cases {
        timeout(Duration::from_secs(20), case).await.expect("a tunnel hangs").unwrap();
    }
}

#[tokio::test]
async fn refused_upgrade_closes_as_usual() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = service_fn(|_: Request<Body>| {
        std::future::ready(Ok(Response::builder().status(404).body(Body::from("no")).unwrap()))
    });
    tokio::spawn(serve(listener, service).into_future());
    for request in ["CONNECT x:1", "GET /"] {
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = format!("{request} HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: t\r\n\r\n");
        for _ in 0..2 {
            client.write_all(request.as_bytes()).await.unwrap();
            assert!(head(&mut client).await.starts_with("HTTP/1.1 404"));
            assert_eq!(client.read_u16().await.unwrap().to_be_bytes(), *b"no");
        }
    }
}
