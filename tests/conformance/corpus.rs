//! Requests as raw bytes, of 15 kinds, with the responses of Next.js.

use crate::common::net::Response;
use crate::wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;

#[derive(Deserialize)]
struct Case {
    id: String,
    group: String,
    request: Raw,
    expect: Expect,
}

#[derive(Deserialize)]
struct Raw {
    raw: Option<String>,
    raw_b64: Option<String>,
}

#[derive(Deserialize)]
struct Expect {
    status: u16,
    reason: String,
    headers: BTreeMap<String, Vec<String>>,
    body: Option<String>,
    body_b64: Option<String>,
}

fn bytes(text: Option<&String>, base64: Option<&String>) -> Vec<u8> {
    match (text, base64) {
        (Some(text), _) => text.clone().into_bytes(),
        (None, Some(base64)) => STANDARD.decode(base64).unwrap(),
        (None, None) => Vec::new(),
    }
}

/// The order of a cookie's attributes does not matter, nor does their case.
fn attributes(values: &[String]) -> Vec<Vec<String>> {
    let sorted = |value: &String| {
        let mut parts: Vec<_> = value.split("; ").map(str::to_lowercase).collect();
        parts.sort();
        parts
    };
    let mut cookies: Vec<_> = values.iter().map(sorted).collect();
    cookies.sort();
    cookies
}

pub(crate) fn values(response: &Response, name: &str) -> Vec<String> {
    let same = response.headers.iter().filter(|(known, _)| known == name);
    same.map(|(_, value)| value.trim().to_owned()).collect()
}

fn check(expect: &Expect, response: &Response) -> Result<(), String> {
    if (response.status, &response.reason) != (expect.status, &expect.reason) {
        return Err(format!(
            "{} {}, want {} {}",
            response.status, response.reason, expect.status, expect.reason
        ));
    }
    for (name, want) in &expect.headers {
        let got = values(response, name);
        if got != *want && (name != "set-cookie" || attributes(&got) != attributes(want)) {
            return Err(format!("{name}: {got:?}, want {want:?}"));
        }
    }
    let want = bytes(expect.body.as_ref(), expect.body_b64.as_ref());
    if response.body != want {
        let text = String::from_utf8_lossy;
        return Err(format!("body: {:?}, want {:?}", text(&response.body), text(&want)));
    }
    Ok(())
}

const THREADS: usize = 8;

/// Replays the corpus, and returns what differs. A few requests keep the connection, and wait for silence beside the others.
pub(crate) fn replay(address: SocketAddr) -> Vec<String> {
    let lines: Vec<&str> = include_str!("../vectors/agree.jsonl").lines().collect();
    assert_eq!(lines.len(), 1206, "the corpus is whole");
    let check_every = |first: usize| -> Vec<String> {
        let run = |line: &&str| {
            let case: Case = serde_json::from_str(line).unwrap();
            let raw = bytes(case.request.raw.as_ref(), case.request.raw_b64.as_ref());
            let result =
                wire::exchange_raw(&raw, address).and_then(|response| check(&case.expect, &response));
            result.err().map(|why| format!("{} ({}): {why}", case.id, case.group))
        };
        lines.iter().skip(first).step_by(THREADS).filter_map(run).collect()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|i| scope.spawn(move || check_every(i))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}
