//! Stops under load: each connection that the server has accepted gets its response. `STOPS=100` stops more often.

use crate::common::net::blocking::Server;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use std::{io, thread};
use tokio::net::TcpListener;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Listener, Result, serve};

async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    tokio::time::sleep(Duration::from_millis(1)).await;
    res.send("healthy")
}

#[derive(Debug, Default)]
struct Counts {
    connected: AtomicUsize,
    accepted: AtomicUsize,
    completed: AtomicUsize,
    reset: AtomicUsize,
    /// Of the reset ones, those whose client was itself too slow to send its request.
    late: AtomicUsize,
}

struct Counted(TcpListener, Arc<Counts>);

impl Listener for Counted {
    type Io = tokio::net::TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> io::Result<(Self::Io, Self::Addr)> {
        let accepted = self.0.accept().await;
        self.1.accepted.fetch_add(usize::from(accepted.is_ok()), Relaxed);
        accepted
    }
}

/// Sends requests on connections of their own, until none is accepted any more.
fn client(address: SocketAddr, counts: &Counts) {
    loop {
        let begin = Instant::now();
        let Ok(mut stream) = TcpStream::connect(address) else { return };
        counts.connected.fetch_add(1, Relaxed);
        let request = b"GET /api/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let mut response = Vec::new();
        let written = stream.write_all(request);
        // A connection without a request is kept for half a second.
        let is_late = begin.elapsed() > Duration::from_millis(400);
        let ended = written.and_then(|()| stream.read_to_end(&mut response));
        let is_whole = ended.is_ok() && response.ends_with(b"healthy");
        if is_whole { &counts.completed } else { &counts.reset }.fetch_add(1, Relaxed);
        counts.late.fetch_add(usize::from(is_late && !is_whole), Relaxed);
    }
}

#[test]
fn stop_under_load_loses_no_accepted_connection() {
    let stops = std::env::var("STOPS").ok().and_then(|stops| stops.parse().ok()).unwrap_or(10);
    let counts = Arc::<Counts>::default();
    for stop in 0..stops {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let counted = Arc::clone(&counts);
        let mut server = Server::run(listener, |listener, stop| async move {
            let api = ApiRouter::new().route("/api/healthy", healthy);
            serve(Counted(listener, counted), api).with_graceful_shutdown(stop).await.unwrap();
        });
        let (address, counts) = (server.address, &*counts);
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
    let [connected, accepted, completed, reset, late] =
        [&counts.connected, &counts.accepted, &counts.completed, &counts.reset, &counts.late]
            .map(|count| count.load(Relaxed));
    // Between the last `accept` and the end of the listener the kernel may connect another one, which is reset.
    assert_eq!(connected, completed + reset, "{counts:?}");
    assert!((completed..=completed + late).contains(&accepted), "{counts:?}");
}
