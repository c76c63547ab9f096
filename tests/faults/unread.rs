//! What HTTP/1 clients that read nothing make the server keep, over two minutes: the table of `docs/reliability.md`.

use crate::common::net::blocking::Server;
use crate::endure::{alone, get, resident};
use std::sync::Arc;
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, BodyWriter, Result};

const CLIENTS: usize = 200;
const MEGABYTE: usize = 1_000_000;

/// Counts its clones: each handler that is alive has one.
type Alive = Arc<()>;

async fn send(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("x".repeat(MEGABYTE))
}

async fn stream(req: ApiRequest, res: ApiResponse) -> Result {
    let alive = req.state::<Alive>()?.clone();
    res.stream(async move |mut body: BodyWriter| {
        while Arc::strong_count(&alive) > 0 {
            body.write("x".repeat(64 * 1024)).await?;
        }
        Ok(())
    })
}

/// Prints the memory of the process before the requests, and three times after them, with the number of handlers. glibc keeps
/// what was freed unless `MALLOC_MMAP_THRESHOLD_` is set.
fn measure(path: &str) {
    let _alone = alone();
    for send_timeout in [None, Some(Duration::from_secs(60))] {
        let alive = Alive::default();
        let state = alive.clone();
        let api = ApiRouter::new().state(state).route("/api/send", send).route("/api/stream", stream);
        let server = Server::with(api, move |serve| serve.send_timeout(send_timeout));
        let own = Arc::strong_count(&alive);
        let handlers = || Arc::strong_count(&alive) - own;
        let mut seen = vec![format!("{} MB", resident() / 1000)];
        let clients: Vec<_> = (0..CLIENTS).map(|_| get(&server, path)).collect();
        for seconds in [5, 45, 80] {
            std::thread::sleep(Duration::from_secs(seconds));
            seen.push(format!("{} MB, {} handlers", resident() / 1000, handlers()));
        }
        println!("{path}, send_timeout {send_timeout:?}: {}", seen.join(" | "));
        assert!(send_timeout.is_none() || handlers() == 0, "{} handlers", handlers());
        drop(clients);
    }
}

#[test]
#[ignore = "four minutes"]
fn unread_sends_over_two_minutes() {
    measure("send");
}

#[test]
#[ignore = "four minutes"]
fn unread_streams_over_two_minutes() {
    measure("stream");
}
