//! Stops under load: how many clients lose a response. `STOPS=100` stops more often.

use crate::common::net::blocking::Server;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    tokio::time::sleep(Duration::from_millis(1)).await;
    res.send("healthy")
}

#[derive(Debug, Default)]
struct Counts {
    connected: AtomicUsize,
    completed: AtomicUsize,
    reset: AtomicUsize,
}

/// Sends requests on connections of their own, until none is accepted any more.
fn client(address: SocketAddr, counts: &Counts) {
    while let Ok(mut stream) = TcpStream::connect(address) {
        counts.connected.fetch_add(1, Relaxed);
        let request = b"GET /api/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let mut response = Vec::new();
        let ended = stream.write_all(request).and_then(|()| stream.read_to_end(&mut response));
        let is_whole = ended.is_ok() && response.ends_with(b"healthy");
        if is_whole { &counts.completed } else { &counts.reset }.fetch_add(1, Relaxed);
    }
}

#[test]
fn a_stop_under_load_loses_hardly_a_connection() {
    let stops = std::env::var("STOPS").ok().and_then(|stops| stops.parse().ok()).unwrap_or(10);
    let counts = Counts::default();
    for stop in 0..stops {
        let mut server = Server::start(ApiRouter::new().route("/api/healthy", healthy));
        let (address, counts) = (server.address, &counts);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(move || client(address, counts));
            }
            thread::sleep(Duration::from_millis(20 + stop % 40));
            server.signal();
            server.join();
        });
    }
    println!("{stops} stops: {counts:?}");
    let [connected, completed, reset] =
        [&counts.connected, &counts.completed, &counts.reset].map(|count| count.load(Relaxed));
    assert_eq!(connected, completed + reset);
    // Between the last `accept` and the end of the listener the kernel may connect another one.
    assert!(reset <= 2 + usize::try_from(stops).unwrap() / 10, "{counts:?}");
}
