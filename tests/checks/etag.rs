//! `ETag`s, against FNV-1a spelled out over UTF-16.

use super::{Data, ask};
use http::Request;
use std::sync::Mutex;
use tower_api_routes::response::Payload;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Error, Result};

struct Sent(Mutex<Option<Payload>>);

async fn send(req: ApiRequest, res: ApiResponse) -> Result {
    let payload = req.state::<Sent>()?.0.lock().ok().and_then(|mut payload| payload.take());
    res.send(payload.ok_or_else(|| Error::new(404, "nothing to send"))?)
}

const WORDS: &[&str] = &[
    "a",
    "plain ASCII",
    "é",
    "😀",
    "日",
    "\0",
    "\u{ffff}",
    "</script>",
    "\u{7f}",
    "\u{80}",
    "\u{800}",
    "\u{10000}",
];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let kind = data.below(3);
    if kind == 0 {
        let text = data.text(WORDS, 255);
        let tag = reference(&text);
        same(Payload::from(text), &tag);
    } else if kind == 1 {
        // Text that is not quite UTF-8: pieces of characters, and bytes that begin none. It has some tag, always the same.
        let mut bytes = data.text(WORDS, 60).into_bytes();
        for _ in 0..data.below(4) {
            let at = data.below(bytes.len().min(255) + 1);
            bytes.splice(at..(at + data.below(2)).min(bytes.len()), [data.byte()]);
        }
        let tag = match std::str::from_utf8(&bytes) {
            Ok(text) => reference(text),
            Err(_) => sent(Payload::Text(bytes.clone().into()), None, 200),
        };
        same(Payload::Text(bytes.into()), &tag);
    } else {
        // Next.js hashes the JSON text of a Node `Buffer`.
        let bytes = data.rest();
        let list = bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let tag = reference(&format!(r#"{{"type":"Buffer","data":[{list}]}}"#));
        same(Payload::from(bytes.to_vec()), &tag);
    }
}

fn same(payload: Payload, tag: &str) {
    let bytes = match &payload {
        Payload::Text(bytes) | Payload::Bytes(bytes) => bytes.clone(),
        _ => bytes::Bytes::new(),
    };
    let again =
        if matches!(payload, Payload::Text(_)) { Payload::Text(bytes) } else { Payload::Bytes(bytes) };
    assert_eq!(sent(payload, None, 200), tag);
    assert_eq!(sent(again, Some(format!("\"x\", W/{tag}")), 304), tag);
}

/// Returns the tag of the response with this status.
fn sent(payload: Payload, condition: Option<String>, status: u16) -> String {
    let router = ApiRouter::new().state(Sent(Mutex::new(Some(payload)))).route("/", send);
    let mut request = Request::get("/");
    if let Some(condition) = condition {
        request = request.header("if-none-match", condition);
    }
    let response = ask(&router, request.body(Body::empty()).expect("a request"));
    assert_eq!(response.status(), status);
    response.headers()["etag"].to_str().expect("a tag is text").to_owned()
}

fn reference(text: &str) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut hash = 0xcbf2_9ce4_8422_2325_u128;
    for unit in &units {
        hash = (hash ^ u128::from(*unit)) * 0x0100_0000_01b3 % (1 << 64);
    }
    // 52 bits: the lowest 16 are mixed with the 12 that are cut off at the top.
    let (low, top) = (hash % (1 << 16), hash >> 52);
    let folded = (hash % (1 << 52)) - low + (low ^ top);
    format!("\"{}{}\"", base36(folded), base36(units.len() as u128))
}

fn base36(mut number: u128) -> String {
    let mut digits = Vec::new();
    while digits.is_empty() || number > 0 {
        digits.extend(char::from_digit(u32::try_from(number % 36).unwrap_or(0), 36));
        number /= 36;
    }
    digits.iter().rev().collect()
}
