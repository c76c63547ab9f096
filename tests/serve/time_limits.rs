//! How long a connection may keep the server waiting.

use crate::memory::{rest, start};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::time::{Instant, sleep};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn length(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.raw_body().len())
}

const GET: &str = "GET /api/length HTTP/1.1\r\nHost: x\r\n\r\n";
const POST: &str = "POST /api/length HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok";
const LONG_HEAD: &str = "GET /api/length HTTP/1.1\r\nX-Long: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[tokio::test(start_paused = true)]
async fn head_limit_closes_whatever_is_sent() {
    let (server, _task) = start(ApiRouter::new().route("/api/length", length), |serve| serve);
    // What comes at once, what comes with two seconds before each byte, and after how many seconds the server closes.
    let cases = [
        ("nothing", "", "", 30),
        ("a byte that both versions begin with", "P", "", 30),
        ("half a preface", &PREFACE[..12], "", 30),
        ("a preface that trickles in", "", PREFACE, 30),
        ("a part of a head", &LONG_HEAD[..30], "", 30),
        ("a head that trickles in, with its own limit from the first byte", "", LONG_HEAD, 32),
        ("a request and nothing more", GET, "", 30),
        ("a head that trickles in behind a request", GET, LONG_HEAD, 30),
        ("a head that trickles in behind a body", POST, LONG_HEAD, 30),
    ];
    for (name, at_once, trickle, seconds) in cases {
        let begin = Instant::now();
        let (mut read, mut write) = tokio::io::split(server.send(at_once).await);
        tokio::spawn(async move {
            for byte in trickle.bytes() {
                sleep(Duration::from_secs(2)).await;
                if write.write_all(&[byte]).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await; // it does not close either
        });
        let responses = rest(&mut read).await;
        assert_eq!(begin.elapsed().as_secs(), seconds, "{name}: {responses:?}");
        assert_eq!(
            responses.matches("200 OK").count(),
            usize::from(at_once.ends_with("ok") || at_once == GET),
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn head_limit_is_at_most_a_year() {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    let cases = [
        (Duration::from_secs(1), Duration::from_secs(1)),
        (Duration::from_secs(3600), Duration::from_secs(3600)),
        (YEAR, YEAR),
        (Duration::MAX, YEAR),
    ];
    for (set, limit) in cases {
        let api = ApiRouter::new().route("/api/length", length);
        let (server, _task) = start(api, |serve| serve.header_read_timeout(set));
        let begin = Instant::now();
        assert_eq!(rest(&mut server.connect()).await, "");
        assert_eq!(begin.elapsed().as_secs(), limit.as_secs(), "{set:?}");
    }
}
