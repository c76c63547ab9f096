//! One recorded request and its response.

use crate::common::net::Response;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[derive(Deserialize)]
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) group: String,
    pub(crate) request: Request,
    pub(crate) expect: Expect,
}

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(default = "get")]
    pub(crate) method: String,
    pub(crate) target: String,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(crate) body: String,
    pub(crate) body_b64: Option<String>,
    pub(crate) body_repeat: Option<(String, usize)>,
    pub(crate) chunked: Option<usize>,
}

fn get() -> String {
    "GET".into()
}

#[derive(Deserialize)]
pub(crate) struct Expect {
    status: u16,
    reason: Option<String>,
    headers: Option<BTreeMap<String, Vec<String>>>,
    #[serde(default, deserialize_with = "present")]
    json: Option<Value>,
    json_sha256: Option<String>,
    body: Option<Value>,
    body_b64: Option<String>,
    #[serde(default)]
    etag_exact: bool,
}

/// A JSON `null` is an expectation too.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

const COMPARED: &[&str] = &[
    "content-type",
    "location",
    "etag",
    "set-cookie",
    "cache-control",
    "allow",
    "access-control-allow-origin",
];

impl Vector {
    pub(crate) fn read_all() -> Vec<Self> {
        include_str!("../vectors/vectors.jsonl")
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Expect {
    pub(crate) fn check(&self, response: &Response) -> Result<(), String> {
        let differ = |what: &str, want: &dyn std::fmt::Debug, got: &dyn std::fmt::Debug| {
            Err(format!("{what}: want {want:?}, got {got:?}"))
        };
        if response.status != self.status {
            return differ("status", &self.status, &response.status);
        }
        if let Some(reason) = &self.reason {
            let ours = reason.starts_with("Invalid ") || reason.starts_with("Body exceeded ");
            if ours && response.reason != *reason {
                return differ("reason", reason, &response.reason);
            }
        }
        let Some(headers) = &self.headers else { return Ok(()) }; // the reference's own HTML page: its status only
        let mut got: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, value) in &response.headers {
            if COMPARED.contains(&&**name) || name.starts_with("x-") {
                got.entry(name.clone()).or_default().push(value.clone());
            }
        }
        let is_json = self.json.is_some() || self.json_sha256.is_some();
        for name in headers.keys().chain(got.keys()) {
            let (want, got) = (headers.get(name), got.get(name));
            // The ETag of an echoed object depends on the order of its keys.
            let etag = name == "etag" && is_json && !self.etag_exact && want.is_some() && got.is_some();
            let cookies = name == "set-cookie"
                && want.map(|values| cookies(values)) == got.map(|values| cookies(values));
            if want != got && !etag && !cookies {
                return differ(name, &want, &got);
            }
        }
        self.check_body(response)
    }

    fn check_body(&self, response: &Response) -> Result<(), String> {
        let text = String::from_utf8_lossy(&response.body);
        if let Some(json) = &self.json {
            let got: Value =
                serde_json::from_slice(&response.body).map_err(|error| format!("{error} in {text:?}"))?;
            return if same(&got, json) { Ok(()) } else { Err(format!("json: want {json}, got {got}")) };
        }
        if let Some(sha256) = &self.json_sha256 {
            let got: Value = serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
            let hash =
                Sha256::digest(python(&got)).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            return if hash == *sha256 { Ok(()) } else { Err("a long JSON body differs".into()) };
        }
        match (&self.body, &self.body_b64) {
            (Some(Value::String(want)), _) if *want != text => {
                Err(format!("body: want {want:?}, got {text:?}"))
            }
            (Some(Value::Object(want)), _) => {
                let length = want["length"].as_u64().unwrap();
                let good = text.chars().count() as u64 == length
                    && text.starts_with(want["starts"].as_str().unwrap());
                if good { Ok(()) } else { Err(format!("body: want {length} characters, got {}", text.len())) }
            }
            (None, Some(want)) => {
                use base64::Engine as _;
                let got = base64::engine::general_purpose::STANDARD.encode(&response.body);
                if got == *want { Ok(()) } else { Err(format!("body: want {want}, got {got}")) }
            }
            _ => Ok(()),
        }
    }
}

/// Numbers are equal by value: `1` and `1.0` are the same in JavaScript.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// `json.dumps(value, sort_keys=True)` of Python, for the ASCII values that the recorder hashed.
fn python(value: &Value) -> String {
    let join = |parts: Vec<String>| parts.join(", ");
    match value {
        Value::Array(values) => format!("[{}]", join(values.iter().map(python).collect())),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            let pair = |(key, value): (&&String, &&Value)| {
                format!("{}: {}", Value::from(key.as_str()), python(value))
            };
            format!("{{{}}}", join(sorted.iter().map(pair).collect()))
        }
        value => value.to_string(),
    }
}

/// Cookies with their attributes in one order and case.
fn cookies(values: &[String]) -> Vec<Vec<String>> {
    let normalize = |value: &String| {
        let mut parts = value.split("; ");
        let mut out = vec![parts.next().unwrap_or_default().to_owned()];
        let mut attributes: Vec<String> = parts.map(str::to_lowercase).collect();
        attributes.sort();
        out.append(&mut attributes);
        out
    };
    values.iter().map(normalize).collect()
}
