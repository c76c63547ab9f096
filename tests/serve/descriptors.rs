//! A process that has no file descriptor left waits, and does not spin.
#![cfg(target_os = "linux")]

use crate::common::net::blocking::Server;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::process::Command;
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result};

async fn healthy(_req: ApiRequest, res: ApiResponse) -> Result {
    res.send("healthy")
}

/// The time that this process has computed, by its `/proc/self/stat`.
fn cpu_time(mut stat: &File) -> Duration {
    const TICKS_A_SECOND: u64 = 100;
    let mut text = String::new();
    stat.rewind().unwrap();
    stat.read_to_string(&mut text).unwrap();
    let fields: Vec<_> = text.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}

#[test]
fn exhausted_descriptors_recover() {
    // In a process of its own, so that no other test lacks one.
    let child = Command::new("sh")
        .args(["-c", "ulimit -n 64; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "descriptors::the_process_without_descriptors", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let output = String::from_utf8_lossy(&child.stderr) + String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
}

#[test]
#[ignore = "started by the test above"]
fn the_process_without_descriptors() {
    let server = Server::start(ApiRouter::new().route("/api/healthy", healthy));
    server.assert_healthy("the start");
    let stat = File::open("/proc/self/stat").unwrap();
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    files.pop(); // one for the client, none for the server
    let mut client = server.connect();
    client.send("GET /api/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
    let before = cpu_time(&stat);
    std::thread::sleep(Duration::from_secs(1));
    let spent = cpu_time(&stat).saturating_sub(before);
    drop(files);
    assert!(spent < Duration::from_millis(200), "{spent:?} of a second spent on accepting");
    assert_eq!(client.response().expect("a response once there is room").status, 200);
}
