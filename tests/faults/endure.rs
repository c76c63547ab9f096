//! Counts what a fault leaves behind.

use crate::common::net::blocking::{Client, Server, settle};
use crate::hosts::Host;
use crate::routes::api;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The tests measure the process: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

pub(crate) fn alone() -> MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// Resident memory in KB.
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    status.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4
}

/// How long a head may take under `serve`.
pub(crate) const HEADER_READ_TIMEOUT: Duration = Duration::from_millis(500);

/// Does something bad to each server a number of times, and looks whether all is as before.
#[track_caller]
pub(crate) fn endure(name: &str, times: usize, fault: impl Fn(&Server)) {
    for host in Host::ALL {
        // The same code runs under each of them: what is lost once in a hundred times is lost under the first.
        let times = if host == Host::Serve { times } else { times.div_ceil(5) };
        endure_under(host, name, times, |server| fault(server));
    }
}

#[track_caller]
pub(crate) fn endure_under(host: Host, name: &str, times: usize, fault: impl Fn(&Server)) {
    let name = &format!("{name}, {host:?}");
    let _alone = alone();
    let server = host.start(api(), HEADER_READ_TIMEOUT);
    // What is made once, for the first connection and for the first of these, is not a leak.
    fault(&server);
    server.assert_healthy(name);
    let own_tasks = host.own_tasks();
    assert_eq!(server.tasks(own_tasks), own_tasks, "{name}: tasks after the first");
    let (open, memory) = (files(), resident());
    for _ in 0..times {
        fault(&server);
    }
    server.assert_healthy(name);
    assert_eq!(server.tasks(own_tasks), own_tasks, "{name}: tasks leaked");
    assert!(settle(open, files) <= open, "{name}: {} files, {open} before", files());
    let grown = resident().saturating_sub(memory);
    assert!(grown < 8 * 1024, "{name}: {grown} KB more than before");
    println!("{name:<56} {times:>5} times: no task left, {open} files, {grown} KB more");
}

pub(crate) const GET: &str = "GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n";

pub(crate) fn get(server: &Server, path: &str) -> Client {
    let mut client = server.connect();
    client.send(format!("GET /api/{path} HTTP/1.1\r\nHost: x\r\n\r\n"));
    client
}
