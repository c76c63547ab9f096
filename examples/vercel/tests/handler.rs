//! The function as Vercel runs it: its own binary on a port from the environment.

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tower_api_routes::Body;

struct Function(Child, SocketAddr);

impl Function {
    fn start() -> Self {
        // Vercel chooses the port; here the system does, and the function takes it over.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_handler"))
            .env("VERCEL_DEV_PORT", address.port().to_string())
            .env_remove("VERCEL_IPC_PATH")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child, address)
    }

    async fn ask(&self, method: &str, target: &str, body: &'static str) -> http::Response<Incoming> {
        let patience = Instant::now() + Duration::from_secs(20);
        let stream = loop {
            match tokio::net::TcpStream::connect(self.1).await {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < patience, "the function did not start: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let io = hyper_util::rt::TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
        tokio::spawn(connection);
        let request = http::Request::builder().method(method).uri(target).header("host", "localhost");
        let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
        sender.send_request(request).await.unwrap()
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[tokio::test]
async fn the_function_responds_as_anywhere() {
    let function = Function::start();
    let cases = [
        ("GET", "/api/hello", "", 200, r#"{"message":"Hello from Vercel!"}"#),
        ("POST", "/api/order", r#"{"id":7}"#, 202, ""),
        ("POST", "/api/order", "{", 400, "Invalid JSON"),
        ("GET", "/api/order", "", 405, "Method Not Allowed"),
        ("GET", "/api/nothing", "", 404, "Not Found"),
    ];
    for (method, target, body, status, text) in cases {
        let response = function.ask(method, target, body).await;
        assert_eq!(response.status(), status, "{target}");
        assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), text, "{target}");
    }
}

#[tokio::test]
async fn a_stream_is_not_held_back() {
    let function = Function::start();
    function.ask("GET", "/api/hello", "").await; // it is up
    let started = Instant::now();
    let mut body = function.ask("GET", "/api/ticks", "").await.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "0\n");
    let (at_first, rest) = (started.elapsed(), body.collect().await.unwrap().to_bytes());
    assert_eq!(rest, "1\n2\n");
    assert!(at_first + Duration::from_millis(100) < started.elapsed(), "the first chunk came with the last");
}
