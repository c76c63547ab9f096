//! Content types, charsets and bodies: a format that is known beforehand, or anything at all.

use super::{Data, ask};
use http::{HeaderValue, Request};
use serde_json::Value;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Query, Result};

async fn body(req: ApiRequest, res: ApiResponse) -> Result {
    res.json(&(req.body().kind(), req.body()))
}

const WORDS: &[&str] = &[
    "application/json",
    "text/plain",
    "application",
    "/",
    ";",
    "; ",
    "charset",
    "=",
    "utf-8",
    "\"",
    "\\",
    "latin1",
    "utf-16",
    "a",
    ",",
    "é",
];
const CHARSETS: &[&str] = &["", "utf-8", "UTF8", "latin1", "us-ascii", "utf-16le", "utf-16be", "\"utf-8\""];

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let router = ApiRouter::new().route("/", body);
    let post = |content_type: &HeaderValue, body: &[u8]| {
        let request = Request::post("/").header("content-type", content_type).body(Body::from(body.to_vec()));
        let response = ask(&router, request.expect("a request"));
        let status = response.status().as_u16();
        let value: Value = match status {
            200 => serde_json::from_slice(response.into_body().as_bytes().unwrap_or_default()).expect("JSON"),
            400 => Value::Null,
            status => panic!("{status} for {content_type:?} and {}", body.escape_ascii()),
        };
        (status, value)
    };
    // Anything: a response, and no panic.
    if let Ok(header) = HeaderValue::from_bytes(data.text(WORDS, 24).as_bytes()) {
        post(&header, data.0);
    }
    // Something well formed: the response is known.
    let (format, charset) = (data.below(3), data.pick(CHARSETS));
    let essence = ["application/json", "application/x-www-form-urlencoded", "text/plain"][format];
    let parameter = if charset.is_empty() { String::new() } else { format!("; charset={charset}") };
    let header = HeaderValue::try_from(format!("{essence}{parameter}")).expect("a header");
    let bytes = data.rest();
    let text = decode(charset, bytes);
    let expected = match format {
        0 if text.is_empty() => Some(serde_json::json!(["object", {}])),
        0 => serde_json::from_str::<Value>(&text).ok().map(|value| serde_json::json!([kind(&value), value])),
        1 => Some(serde_json::json!(["object", Query::parse_form(&text)])),
        _ => Some(serde_json::json!(["string", text])),
    };
    let (status, value) = post(&header, bytes);
    match expected {
        Some(expected) if !has_float(&expected) => {
            assert_eq!((status, &value), (200, &expected), "{header:?}, {}", bytes.escape_ascii());
        }
        Some(_) => assert_eq!(status, 200),
        None => assert_eq!(status, 400, "{header:?}, {}", bytes.escape_ascii()),
    }
}

/// Numbers are written as in JavaScript: `1` for `1.0`.
fn has_float(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_float),
        Value::Object(fields) => fields.values().any(has_float),
        _ => false,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn decode(charset: &str, bytes: &[u8]) -> String {
    let units = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        let text = String::from_utf16_lossy(&units);
        text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
    };
    match charset {
        "latin1" => bytes.iter().map(|byte| char::from(*byte)).collect(),
        "us-ascii" => {
            bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' }).collect()
        }
        "utf-16le" => units(u16::from_le_bytes),
        "utf-16be" => units(u16::from_be_bytes),
        _ => {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
        }
    }
}
