//! The limits that `examples/limits.rs` composes hold.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/limits.rs"]
mod limits;
use crate::common::wire::Client;
use limits::Limits;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

fn serve(limits: Limits) -> (SocketAddr, Runtime) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move {
        // The buffer's worker is a task of this runtime.
        let service = limits::limited(limits::router(), limits);
        tower_api_routes::serve(listener, service).await
    });
    (address, runtime)
}

const WIDE: Limits = Limits { concurrency: 100, rate: 10_000, pause: Duration::from_secs(5) };

fn get(address: SocketAddr, path: &str) -> Client {
    let mut client = Client::connect(address);
    client.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    client
}

#[test]
fn a_request_beyond_the_concurrency_is_a_503_at_once() {
    let (address, _runtime) = serve(Limits { concurrency: 2, ..WIDE });
    let mut under_way = [get(address, "/api/slow"), get(address, "/api/slow")];
    std::thread::sleep(Duration::from_millis(200));
    let start = Instant::now();
    let refused = get(address, "/api/hello").answer().unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("1")));
    assert!(start.elapsed() < Duration::from_secs(1));
    for client in &mut under_way {
        assert_eq!(client.answer().unwrap().status, 504, "the deadline of two seconds");
    }
    assert_eq!(get(address, "/api/hello").answer().unwrap().status, 200);
}

#[test]
fn a_pause_within_a_body_is_limited() {
    let (address, _runtime) = serve(Limits { pause: Duration::from_millis(300), ..WIDE });
    let mut client = Client::connect(address);
    client.send("POST /api/upload HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    assert_eq!(client.answer().unwrap().status, 400);
    assert_eq!(get(address, "/api/hello").answer().unwrap().status, 200);
}

#[test]
fn a_rate_is_kept() {
    let (address, _runtime) = serve(Limits { rate: 5, ..WIDE });
    let mut clients: Vec<_> = (0..40).map(|_| get(address, "/api/hello")).collect();
    let statuses: Vec<_> = clients.iter_mut().map(|client| client.answer().unwrap().status).collect();
    let count = |status| statuses.iter().filter(|seen| **seen == status).count();
    assert_eq!(count(200) + count(503), 40, "{statuses:?}");
    assert!((5..=20).contains(&count(200)), "{statuses:?}");
}
