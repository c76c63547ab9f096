//! The client's address.

use crate::memory;
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Listener, RemoteAddr, Result, serve};

async fn who(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&(req.remote_addr(), req.extensions().get::<RemoteAddr>().is_some()))
}

fn api() -> ApiRouter {
    ApiRouter::new().route("/api/who", who)
}

/// What the handler has seen of this client, in each of two requests.
async fn ask(mut client: impl AsyncRead + AsyncWrite + Unpin) -> (Option<SocketAddr>, bool) {
    let mut seen = Vec::new();
    for connection in ["keep-alive", "close"] {
        let request = format!("GET /api/who HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        let head = memory::head(&mut client).await;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().unwrap()];
        client.read_exact(&mut body).await.unwrap();
        seen.push(serde_json::from_slice(&body).unwrap());
    }
    assert_eq!(seen[0], seen[1]);
    seen[0]
}

#[tokio::test]
async fn remote_addr_is_the_clients_socket() {
    for (bind, with, expected) in
        [("127.0.0.1:0", true, true), ("[::1]:0", true, true), ("127.0.0.1:0", false, false)]
    {
        let listener = TcpListener::bind(bind).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = serve(listener, api());
        let server = if with { server.with_remote_addr() } else { server };
        tokio::spawn(server.into_future());
        let client = TcpStream::connect(address).await.unwrap();
        let local = client.local_addr().unwrap();
        assert_eq!(ask(client).await, (expected.then_some(local), expected), "{bind}, with: {with}");
    }
}

#[tokio::test]
async fn over_http2_every_request_has_it() {
    use http_body_util::BodyExt as _;
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let local = stream.local_addr().unwrap();
    tokio::spawn(serve(listener, api()).with_remote_addr().into_future());
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for _ in 0..2 {
        let request = http::Request::get("http://x/api/who").body(String::new()).unwrap();
        let body =
            client.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, serde_json::json!([local, true]).to_string());
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_client_of_a_unix_socket_has_none() {
    use tokio::net::{UnixListener, UnixStream};
    let path = std::env::temp_dir().join(format!("remote-addr-{}.sock", std::process::id()));
    _ = std::fs::remove_file(&path);
    tokio::spawn(serve(UnixListener::bind(&path).unwrap(), api()).with_remote_addr().into_future());
    assert_eq!(ask(UnixStream::connect(&path).await.unwrap()).await, (None, true));
    std::fs::remove_file(path).unwrap();
}

/// An address of a user's own: what a proxy says in front of the connection, for example.
struct Proxied(TcpListener);

struct Client(SocketAddr);

impl From<Client> for RemoteAddr {
    fn from(client: Client) -> Self {
        client.0.into()
    }
}

impl Listener for Proxied {
    type Io = TcpStream;
    type Addr = Client;

    async fn accept(&mut self) -> std::io::Result<(TcpStream, Client)> {
        let (stream, _) = self.0.accept().await?;
        Ok((stream, Client("203.0.113.7:4711".parse().unwrap())))
    }
}

#[tokio::test]
async fn custom_listener_shows_its_type() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(Proxied(listener), api()).with_remote_addr().into_future());
    let seen = ask(TcpStream::connect(address).await.unwrap()).await;
    assert_eq!(seen, (Some("203.0.113.7:4711".parse().unwrap()), true));
}

#[tokio::test]
async fn any_other_server_can_insert_it() {
    use tower::ServiceExt as _;
    let addr: SocketAddr = "192.0.2.1:80".parse().unwrap();
    for (inserted, expected) in [(RemoteAddr::from(addr), Some(addr)), (RemoteAddr::from(None), None)] {
        let request = http::Request::get("/api/who").extension(inserted);
        let response = api().oneshot(request.body(tower_api_routes::Body::empty()).unwrap()).await.unwrap();
        let expected = serde_json::json!([expected, true]).to_string();
        assert_eq!(response.into_body().as_bytes().map(<[u8]>::to_vec), Some(expected.into_bytes()));
    }
}
