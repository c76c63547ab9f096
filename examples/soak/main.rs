//! Mixed traffic against a server that is restarted again and again; ends with an error if anything was lost.
//!
//! ```sh
//! cargo run --release --example soak -- --seconds 1200 --restart-every 30
//! cargo run --release --example soak -- --restarts 100 # as fast as the clients allow
//! ```
//!
//! A restart hands the listening socket over: the old server stops gracefully while the new one accepts. Every request is
//! counted: completed as it should be, cut on purpose (an upload that the client breaks off), or lost. A client that has kept
//! a connection alive may find it closed before it has sent anything on it, and opens another, as every HTTP client does.
//! Beside the clients of HTTP/1, some of which half-close behind their request, there are a client of HTTP/2 and two tunnels
//! over upgraded connections, for which a server waits as it stops. Clients of both versions read eight megabytes
//! slowly, and others read nothing, and must be cut off. Each line of the log has the client's address.

mod counts;
mod http1;
mod http2;
mod server;
mod slow;
mod tunnel;

use counts::{ARRIVED, BEGUN, COUNTS, FAILED, LOGGED, LOGGED_WITHOUT_ADDRESS, STOP};
use server::Server;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Resident memory in KB, and the number of open files.
fn measure() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    (pages * 4, std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count))
}

fn argument(name: &str) -> Option<u64> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).and_then(|value| value.parse().ok())
}

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(|| server::Log)
        .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
        .init();
    let restarts = argument("--restarts");
    let seconds = if restarts.is_some() { u64::MAX } else { argument("--seconds").unwrap_or(60) };
    let every = argument("--restart-every").unwrap_or(30);
    let clients = argument("--clients").unwrap_or(4);
    let pause =
        Duration::from_millis(argument("--pause-ms").unwrap_or(if restarts.is_some() { 0 } else { 10 }));
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let mut server = Server::start(&listener)?;
    let begun = Instant::now();
    let threads: Vec<_> = (0..usize::try_from(clients)?)
        .map(|seed| std::thread::spawn(move || http1::client(address, seed * 7919 + 1, pause)))
        .collect();
    let mut tasks = JoinSet::new();
    tasks.spawn(http2::client(address, pause));
    // A server waits for these as it stops.
    if restarts.is_none() {
        for _ in 0..2 {
            tasks.spawn(tunnel::client(address));
        }
        for version in [1, 2] {
            for reads in [slow::Reads::Slowly, slow::Reads::Slowly, slow::Reads::Nothing] {
                tasks.spawn(slow::client(address, version, reads));
            }
        }
    }
    let (mut done, mut flat_from) = (0, None);
    let step = restarts.map_or(Duration::from_secs(every), |_| Duration::from_millis(100));
    while restarts.map_or(begun.elapsed().as_secs() < seconds, |restarts| done < restarts) {
        tokio::time::sleep(step).await;
        let next = Server::start(&listener)?;
        let old = std::mem::replace(&mut server, next);
        let stopping = Instant::now();
        old.stop().await?;
        done += 1;
        let (memory, files) = measure();
        // The allocator has what it needs after the first few rounds.
        if done == 4 {
            flat_from = Some(memory);
        }
        let count = |counter: &AtomicU64| counter.load(Relaxed);
        println!(
            "{:>5} s  restart {done:>3} in {:>4} ms  {:>8} completed  {:>7} over HTTP/2  {:>5} cut  {:>4} reopened  {:>3} tunnels  {} lost  {memory} KB  {files} files",
            begun.elapsed().as_secs(),
            stopping.elapsed().as_millis(),
            count(&COUNTS.completed),
            count(&COUNTS.over_http2),
            count(&COUNTS.cut),
            count(&COUNTS.reopened),
            count(&COUNTS.tunnels),
            count(&COUNTS.lost),
        );
    }
    STOP.store(true, Relaxed);
    tokio::task::spawn_blocking(move || threads.into_iter().for_each(|thread| _ = thread.join())).await?;
    while tasks.join_next().await.is_some() {}
    let lost = COUNTS.lost.load(Relaxed);
    let (logged, failed) = (LOGGED.load(Relaxed), FAILED.load(Relaxed));
    let grown = flat_from.map_or(0, |from| measure().0.saturating_sub(from));
    println!("{lost} lost, {logged} errors logged of {failed} expected, memory grew by {grown} KB");
    let (begun, arrived) = (BEGUN.load(Relaxed), ARRIVED.load(Relaxed));
    println!("{begun} requests were begun, {arrived} of their responses have arrived");
    let in_vain = COUNTS.half_closed_in_vain.load(Relaxed);
    println!("{} half-closed, {in_vain} of them without a response", COUNTS.half_closed.load(Relaxed));
    let (tunnels, ended) = (COUNTS.tunnels.load(Relaxed), COUNTS.tunnels_ended.load(Relaxed));
    println!(
        "{tunnels} tunnels, {ended} ended in their handlers, {} bytes came back",
        COUNTS.tunnelled.load(Relaxed)
    );
    let (slowly, cut_off) = (COUNTS.read_slowly.load(Relaxed), COUNTS.cut_off.load(Relaxed));
    println!("{slowly} slow clients read to the end, {cut_off} that read nothing were cut off");
    let without_address = LOGGED_WITHOUT_ADDRESS.load(Relaxed);
    // A machine that stands still for a tenth of a second breaks the promise of a half-close.
    let missing = begun.saturating_sub(arrived) > in_vain || in_vain > 3;
    if lost > 0 || missing || logged > failed || without_address > 0 || grown > 16 * 1024 {
        return Err("requests were lost, something else was logged, or memory grew".into());
    }
    Ok(())
}
