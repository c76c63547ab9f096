//! What a hostile client of HTTP/2 can do to the server: each attack ends with GOAWAY, or costs no more memory and tasks than
//! stated here, while a healthy client beside it gets its response within a second.

pub(crate) mod frames;

use crate::common::net::blocking::Server;
use crate::endure::{alone, resident};
use crate::routes::api;
use frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, Http2, PING, PREFACE, PRIORITY, RST_STREAM,
    SETTINGS, WINDOW_UPDATE, field, frame, get, indexed_field, request_fields,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How much more memory the process may have during an attack, in KB: 200 streams, of each a buffer of 64 KB and a frame, and what
/// the allocator keeps for each thread, which differs from run to run.
const MEMORY: usize = 40 * 1024;
/// How many tasks there may be: one a stream (200), one for the connection, and those of the healthy clients, some of which
/// are just leaving.
const TASKS: usize = 200 + 1 + 30;

/// How an attack ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ends {
    /// The server says GOAWAY with this code.
    GoAway(u32),
    /// The server says GOAWAY with this code, or resets the streams: which limit is reached first is a matter of time.
    GoAwayOrResets(u32),
    /// The connection stays open, within the limits above.
    Open,
}

const PROTOCOL_ERROR: u32 = 1;
const FLOW_CONTROL_ERROR: u32 = 3;
const FRAME_SIZE_ERROR: u32 = 6;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The field that was put into the dynamic table last, behind the 61 of the static one.
const FIRST_OF_THE_TABLE: u8 = 0x80 + 62;

/// Sends a number of frames; ends early when the server does not take more.
fn many(client: &mut Http2, number: usize, frames: impl Fn(u32) -> Vec<u8>) {
    let number = u32::try_from(number).unwrap();
    for first in (0..number).step_by(64) {
        let batch: Vec<u8> = (first..number.min(first + 64)).flat_map(&frames).collect();
        if !client.send(batch) {
            return;
        }
    }
}

/// The number of the n-th stream.
fn stream(n: u32) -> u32 {
    2 * n + 1
}

/// Runs an attack on a server of its own, which a healthy client of each version asks all the while.
#[track_caller]
fn endure(name: &str, settings: &[(u16, u32)], ends: Ends, attack: impl FnOnce(&mut Http2)) {
    let _alone = alone();
    let server = Server::with(api(), |serve| serve.header_read_timeout(Duration::from_millis(500)));
    server.assert_healthy(name);
    assert_eq!(server.tasks(0), 0, "{name}: tasks before");
    let before = resident();
    let (done, most_tasks, most_memory, slowest, asked) = (
        AtomicBool::new(false),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicUsize::new(0),
    );
    let (end, seen) = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let start = Instant::now();
                server.assert_healthy(name);
                healthy_over_http2(&server, name);
                let time = usize::try_from(start.elapsed().as_millis()).unwrap();
                slowest.fetch_max(time, Ordering::Relaxed);
                most_tasks.fetch_max(server.handle.metrics().num_alive_tasks(), Ordering::Relaxed);
                most_memory.fetch_max(resident(), Ordering::Relaxed);
                asked.fetch_add(1, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let mut client = Http2::connect(server.address, settings);
        attack(&mut client);
        // The connection is to be open, or it ends soon.
        let time = if ends == Ends::Open { Duration::from_millis(300) } else { Duration::from_secs(5) };
        let seen = client.wait(time, frames::Seen::ended);
        done.store(true, Ordering::Relaxed);
        let end = seen.go_away.map_or(Ends::Open, Ends::GoAway);
        (end, seen)
    });
    let (tasks, slowest) = (most_tasks.into_inner(), slowest.into_inner());
    let grown = most_memory.into_inner().max(resident()).saturating_sub(before);
    println!(
        "{name:<44} {end:?}, {tasks} tasks, {grown} KB more, {} healthy in at most {slowest} ms, {} heads, {} resets",
        2 * asked.into_inner(),
        seen.heads.len(),
        seen.resets.len(),
    );
    match ends {
        Ends::GoAwayOrResets(_) if end == Ends::Open => assert!(!seen.resets.is_empty(), "{name}"),
        Ends::GoAwayOrResets(code) => assert_eq!(end, Ends::GoAway(code), "{name}"),
        _ => assert_eq!(end, ends, "{name}"),
    }
    assert!(ends != Ends::Open || !seen.closed, "{name}: closed");
    assert!(tasks <= TASKS, "{name}: {tasks} tasks");
    assert!(grown <= MEMORY, "{name}: {grown} KB more than before");
    assert!(slowest < 1000, "{name}: a healthy client waits for {slowest} ms");
    server.assert_healthy(name);
    assert_eq!(server.tasks(0), 0, "{name}: tasks leaked");
}

#[track_caller]
fn healthy_over_http2(server: &Server, name: &str) {
    let mut client = Http2::connect(server.address, &[]);
    client.send(get(1, "/api/healthy"));
    let seen = client.wait(Duration::from_secs(5), |seen| seen.data > 0 || seen.ended());
    assert_eq!((seen.heads.len(), seen.data), (1, "healthy".len()), "{name}: {seen:?}");
    // `:status 200` of HPACK's static table.
    assert_eq!(seen.heads[0].1.iter().find(|byte| **byte & 0x80 != 0), Some(&0x88), "{name}");
}

/// Every attack, with this many frames.
fn attacks(number: usize) {
    resets(number);
    heads(number);
    floods(number);
    windows(number);
}

fn resets(number: usize) {
    use Ends::GoAway;
    let reset = |n: u32| frame(RST_STREAM, 0, stream(n), &8_u32.to_be_bytes());

    endure("rapid reset", &[], GoAway(ENHANCE_YOUR_CALM), |client| {
        client.read();
        many(client, number, |n| [get(stream(n), "/api/never"), reset(n)].concat());
    });
    // The client makes the server reset each stream. Two of the three errors end the connection at once.
    endure("made you reset, by an increment of 0", &[], GoAway(PROTOCOL_ERROR), |client| {
        client.read();
        many(client, number, |n| {
            [get(stream(n), "/api/never"), frame(WINDOW_UPDATE, 0, stream(n), &0_u32.to_be_bytes())].concat()
        });
    });
    endure("made you reset, by a window that overflows", &[], GoAway(ENHANCE_YOUR_CALM), |client| {
        client.read();
        let most = 0x7fff_ffff_u32.to_be_bytes();
        many(client, number, |n| {
            [get(stream(n), "/api/never"), frame(WINDOW_UPDATE, 0, stream(n), &most)].concat()
        });
    });
    endure("made you reset, by data behind the end", &[], GoAway(PROTOCOL_ERROR), |client| {
        client.read();
        many(client, number, |n| [get(stream(n), "/api/never"), frame(DATA, 0, stream(n), b"x")].concat());
    });
}

fn heads(number: usize) {
    use Ends::GoAway;
    for (name, piece) in [("CONTINUATION without end, empty", ""), ("CONTINUATION without end", "x")] {
        endure(name, &[], GoAway(ENHANCE_YOUR_CALM), |client| {
            client.send(frame(HEADERS, END_STREAM, 1, &request_fields("GET", "/api/healthy")));
            let payload = if piece.is_empty() { Vec::new() } else { field("x", &piece.repeat(1000)) };
            many(client, number, |_| frame(CONTINUATION, 0, 1, &payload));
        });
    }
    endure("a head of 16 MB, of one field in the table", &[], GoAway(ENHANCE_YOUR_CALM), |client| {
        let mut fields = request_fields("GET", "/api/healthy");
        fields.extend(indexed_field("x", &"x".repeat(4000)));
        fields.extend(std::iter::repeat_n(FIRST_OF_THE_TABLE, 4000));
        client.read();
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields));
    });
    endure("heads of 4 MB, on each stream", &[], GoAway(ENHANCE_YOUR_CALM), |client| {
        client.read();
        many(client, number / 100, |n| {
            let mut fields = request_fields("GET", "/api/healthy");
            fields.extend(indexed_field("x", &"x".repeat(3900)));
            fields.extend(std::iter::repeat_n(FIRST_OF_THE_TABLE, 1000));
            frame(HEADERS, END_HEADERS | END_STREAM, stream(n), &fields)
        });
    });
    endure("a table index that is not there", &[], GoAway(PROTOCOL_ERROR), |client| {
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &[0xff, 0xff, 0x7f]));
    });
    endure("a frame that is larger than agreed upon", &[], GoAway(FRAME_SIZE_ERROR), |client| {
        client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, &vec![0; 20_000]));
    });
}

fn floods(number: usize) {
    use Ends::{GoAway, Open};
    endure("empty DATA frames", &[], GoAway(ENHANCE_YOUR_CALM), |client| {
        client.send(frame(HEADERS, END_HEADERS, 1, &request_fields("POST", "/api/unread")));
        many(client, number, |_| frame(DATA, 0, 1, b""));
    });
    for reads in [true, false] {
        let name = |name: &str| format!("{name}, {}", if reads { "read" } else { "not read" });
        endure(&name("PING flood"), &[], Open, |client| {
            if reads {
                client.read();
            }
            many(client, number, |_| frame(PING, 0, 0, &[0; 8]));
        });
        endure(&name("SETTINGS flood"), &[], Open, |client| {
            if reads {
                client.read();
            }
            many(client, number, |n| {
                frame(SETTINGS, 0, 0, &[&3_u16.to_be_bytes()[..], &n.to_be_bytes()].concat())
            });
        });
    }
    endure("acknowledgments of nothing", &[], GoAway(PROTOCOL_ERROR), |client| {
        many(client, number, |_| frame(SETTINGS, ACK, 0, b""));
    });
    endure("PRIORITY flood, and unknown frames", &[], Open, |client| {
        many(client, number, |n| {
            [frame(PRIORITY, 0, stream(n % 1000), &[0, 0, 0, 0, 1]), frame(0xbb, 0, 0, b"unknown")].concat()
        });
    });
}

fn windows(number: usize) {
    use Ends::{GoAway, GoAwayOrResets, Open};
    endure("requests in flight without end", &[], GoAway(ENHANCE_YOUR_CALM), |client| {
        client.read();
        many(client, number, |n| get(stream(n), "/api/never"));
    });
    // The windows of the streams are closed: the responses wait.
    endure("zero windows", &[(4, 0)], Open, |client| {
        client.read();
        many(client, 200, |n| get(stream(n), "/api/endless"));
    });
    endure("windows of one byte", &[(4, 0)], Open, |client| {
        client.read();
        many(client, 200, |n| get(stream(n), "/api/endless"));
        many(client, number, |n| frame(WINDOW_UPDATE, 0, stream(n % 200), &1_u32.to_be_bytes()));
    });
    // `serve` buffers less for each stream than hyper does by default.
    endure("responses that nobody reads", &[(4, 0x7fff_ffff)], Open, |client| {
        client.send(frame(WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes()));
        many(client, 200, |n| get(stream(n), "/api/endless"));
        std::thread::sleep(Duration::from_millis(300));
    });
    endure("an upload larger than its window", &[], GoAwayOrResets(FLOW_CONTROL_ERROR), |client| {
        client.send(frame(HEADERS, END_HEADERS, 1, &request_fields("POST", "/api/unread")));
        many(client, number.max(200), |_| frame(DATA, 0, 1, &[b'x'; 16 * 1024]));
    });
}

#[test]
fn attacks_end_with_goaway_or_limits() {
    attacks(3_000);
}

#[test]
#[ignore = "heavy: scripts/tests.sh faults"]
fn longer_attacks_cost_no_more() {
    attacks(300_000);
}

#[test]
fn half_a_preface_is_not_waited_for() {
    let _alone = alone();
    let server = Server::with(api(), |serve| serve.header_read_timeout(Duration::from_millis(500)));
    for length in [1, 3, 14, 18, PREFACE.len() - 1] {
        let mut client = Http2::open(server.address);
        client.send(&PREFACE[..length]);
        let start = Instant::now();
        let seen = client.wait(Duration::from_secs(5), |seen| seen.closed);
        assert!(seen.closed, "after {length} bytes");
        assert!(start.elapsed() < Duration::from_secs(2), "after {length} bytes: {:?}", start.elapsed());
    }
    server.assert_healthy("half a preface");
    assert_eq!(server.tasks(0), 0, "tasks leaked");
}
