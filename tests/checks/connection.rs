//! `serve` over a connection in memory: any first bytes, in any pieces, get whole responses or none, and the connection ends.

#[path = "../common/net/response.rs"]
mod response;

use super::Data;
use response::Response;
use std::future::pending;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex, split};
use tokio::runtime::Builder;
use tokio::time::timeout;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Listener, Result, serve};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const WORDS: [&str; 14] = [
    "GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\n",
    "SM\r\n\r\n",
    "\r\n",
    "P",
    "connection: close\r\n",
    "GET /",
    " HTTP/1.1\r\n",
    "\0\0\0\x04\0\0\0\0\0",
    "\0\0\x08\x06\0\0\0\0\0abcdefgh",
    "\0\0\x04\x01\x05\0\0\0\x01\u{2}\u{4}\u{6}\u{1}",
];

/// Accepts one connection.
struct One(Option<DuplexStream>);

impl Listener for One {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> io::Result<(DuplexStream, ())> {
        match self.0.take() {
            Some(stream) => Ok((stream, ())),
            None => pending().await,
        }
    }
}

async fn length(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&req.raw_body().len())
}

/// What comes back for these pieces.
fn exchange(pieces: &[&[u8]]) -> Vec<u8> {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(async {
        let (server, client) = duplex(64 * 1024);
        let api = ApiRouter::new().route("/", length);
        let server = tokio::spawn(serve(One(Some(server)), api).into_future());
        let (mut reader, mut writer) = split(client);
        let read = tokio::spawn(async move {
            let mut seen = Vec::new();
            _ = reader.read_to_end(&mut seen).await;
            seen
        });
        for piece in pieces {
            // The server may have closed.
            _ = writer.write_all(piece).await;
            // For the server to read this piece alone.
            for _ in 0..8 {
                tokio::task::yield_now().await;
            }
        }
        // The time is not real: 30 seconds for a head, or 40 for pings without a reply.
        let seen =
            timeout(Duration::from_secs(300), read).await.expect("the connection ends").expect("no panic");
        drop(writer);
        server.abort();
        seen
    })
}

fn statuses(bytes: &[u8], seen: &[u8]) -> Vec<u16> {
    let (mut statuses, mut at) = (Vec::new(), 0);
    while at < seen.len() {
        let (response, length) = Response::parse(&seen[at..], false, true).unwrap_or_else(|| {
            panic!("a part of a response: {} for {}", seen.escape_ascii(), bytes.escape_ascii())
        });
        statuses.push(response.status);
        at += length;
    }
    statuses
}

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let mut all = if data.below(4) == 0 { PREFACE.to_vec() } else { Vec::new() };
    let cuts = [data.below(64), data.below(64), data.below(64)];
    all.extend(data.text(&WORDS, 6).bytes());
    all.extend(data.rest());
    let (mut pieces, mut rest) = (Vec::new(), &all[..]);
    for cut in cuts {
        let (piece, others) = rest.split_at(cut.min(rest.len()));
        pieces.push(piece);
        rest = others;
    }
    pieces.push(rest);
    let (whole, in_pieces) = (exchange(&[&all]), exchange(&pieces));
    if all.starts_with(PREFACE) {
        // SETTINGS is the server's preface.
        for seen in [whole, in_pieces] {
            assert!(seen.is_empty() || seen.get(3) == Some(&4), "{}", seen.escape_ascii());
        }
        return;
    }
    // Of a head that is wrong and never complete, hyper may see what is wrong or wait for the rest, as the pieces have it: there
    // is a 400 at the end, or none.
    let but_refused = |seen: &[u8]| {
        let mut statuses = statuses(&all, seen);
        statuses.truncate(statuses.len() - usize::from(statuses.last() == Some(&400)));
        statuses
    };
    assert_eq!(but_refused(&whole), but_refused(&in_pieces), "{}", all.escape_ascii());
}
