//! What the origin learns about the client.

use crate::support::{Origin, Reply, front, get, head, read, status};
use http::uri::Scheme;
use http::{HeaderValue, Request};
use std::net::SocketAddr;
use tower::ServiceExt as _;
use tower_api_routes::proxy::ForwardedHeaders;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Proxy, RemoteAddr, Result, TrustedProxies, serve,
};

const FORGED: &str = "forwarded: for=9.9.9.9\r\nx-forwarded-for: 9.9.9.9\r\nx-forwarded-host: evil\r\n\
                      x-forwarded-port: 1\r\nx-forwarded-prefix: /evil\r\nx-forwarded-proto: https\r\n\
                      x-forwarded-server: evil\r\nx-forwarded-ssl: on\r\nx-real-ip: 9.9.9.9\r\n";

/// The lines that are about the client.
fn about(request: &str) -> Vec<String> {
    let is_about = |line: &String| {
        line.starts_with("x-forwarded") || line.starts_with("forwarded") || line.starts_with("x-real")
    };
    head(request).into_iter().filter(is_about).collect()
}

/// The program of the guide, on a port of its own.
async fn with_address(proxy: Proxy) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, ApiRouter::new().fallback(proxy)).with_remote_addr().into_future());
    address
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
    let mut text = String::new();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut text).await.unwrap();
    text
}

#[tokio::test]
async fn replace_lets_no_forwarding_header_pass() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let address = with_address(origin.proxy().forwarded_headers(ForwardedHeaders::Replace)).await;
    let response =
        ask(address, &format!("GET / HTTP/1.1\r\nhost: shop\r\n{FORGED}connection: close\r\n\r\n")).await;
    assert_eq!(status(&response), 200);
    let expected = ["x-forwarded-for: 127.0.0.1", "x-forwarded-host: shop", "x-forwarded-proto: http"];
    assert_eq!(about(&origin.requests()[0]), expected);
}

#[tokio::test]
async fn the_scheme_is_never_the_targets() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let front = front(origin.proxy()).await;
    front.ask("GET https://evil/a HTTP/1.1\r\nhost: evil\r\nconnection: close\r\n\r\n").await;
    assert!(about(&origin.requests()[0]).contains(&"x-forwarded-proto: http".into()));
    // `:scheme https` over h2c.
    let stream = tokio::net::TcpStream::connect(front.address).await.unwrap();
    let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("https://evil/b").body(()).unwrap();
    let response = client.send_request(request, true).unwrap().0.await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(about(&origin.requests()[1]).contains(&"x-forwarded-proto: http".into()));
    // Where another server ends TLS, the proxy is told.
    read(origin.proxy().scheme(Scheme::HTTPS).oneshot(get("http://a/")).await.unwrap()).await;
    assert!(about(&origin.requests()[2]).contains(&"x-forwarded-proto: https".into()));
}

#[tokio::test]
async fn behind_trusted_proxies_the_client_is_known() {
    let networks = || TrustedProxies::networks(["10.0.0.0/8"]);
    // The trust, the balancer's address, and what the origin reads of the address and the scheme.
    let cases: [(TrustedProxies, [u8; 4], [&str; 2]); 4] = [
        (1.into(), [10, 0, 0, 1], ["1.1.1.1", "https"]),
        (networks(), [10, 0, 0, 1], ["1.1.1.1", "https"]),
        (networks(), [7, 7, 7, 7], ["7.7.7.7", "http"]),
        (0.into(), [10, 0, 0, 1], ["10.0.0.1", "http"]),
    ];
    for (trusted, peer, [address, scheme]) in cases {
        let origin = Origin::start(|_, _| Reply::ok("ok")).await;
        let proxy = origin.proxy().forwarded_headers(ForwardedHeaders::Replace).remote_addr_from(&trusted);
        let request = Request::get("/").header("x-forwarded-for", "6.6.6.6, 1.1.1.1").header("host", "shop");
        let request = request.header("x-forwarded-proto", "https").header("x-real-ip", "6.6.6.6");
        let request = request.extension(RemoteAddr::from(SocketAddr::from((peer, 5000))));
        read(proxy.oneshot(request.body(Body::empty()).unwrap()).await.unwrap()).await;
        let expected = [
            format!("x-forwarded-for: {address}"),
            "x-forwarded-host: shop".into(),
            format!("x-forwarded-proto: {scheme}"),
        ];
        assert_eq!(about(&origin.requests()[0]), expected, "{trusted:?}");
    }
}

async fn client(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&[req.client_addr(0), req.client_addr(1), req.client_addr([[127, 0, 0, 1].into()])])
}

#[tokio::test]
async fn a_handler_asks_for_the_clients_address() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let api = ApiRouter::new().route("/api/client", client);
    tokio::spawn(serve(listener, api).with_remote_addr().into_future());
    let request = "GET /api/client HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 6.6.6.6, 1.1.1.1\r\nconnection: close\r\n\r\n";
    let response = ask(address, request).await;
    assert!(response.ends_with("[\"127.0.0.1\",\"1.1.1.1\",\"1.1.1.1\"]"), "{response}");
}

#[tokio::test]
async fn the_programs_own_headers_arrive_after_replace() {
    let origin = Origin::start(|_, _| Reply::ok("ok")).await;
    let proxy = origin.proxy().forwarded_headers(ForwardedHeaders::Replace).map_request(|request| {
        request.headers_mut().insert("x-forwarded-prefix", HeaderValue::from_static("/api"));
    });
    let address = with_address(proxy.set_header("x-real-ip", "10.0.0.1")).await;
    ask(address, &format!("GET / HTTP/1.1\r\nhost: shop\r\n{FORGED}connection: close\r\n\r\n")).await;
    let lines = about(&origin.requests()[0]);
    assert!(
        lines.contains(&"x-forwarded-prefix: /api".into()) && lines.contains(&"x-real-ip: 10.0.0.1".into())
    );
}
