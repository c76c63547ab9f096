//! Sessions: any cookies are read without a panic, and what Rust has set is read again.

use super::{Data, ask};
use http::Request;
use http::header::{COOKIE, HeaderValue, SET_COOKIE};
use serde_json::{Value, json};
use std::sync::OnceLock;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Body, Sessions};

const SECRET: &str = "a-secret-of-the-checks-0123456789abcdef";
const NAMES: [&str; 3] = ["next-auth.session-token", "authjs.session-token", "app-session"];
const WORDS: &[&str] = &[
    "next-auth.session-token",
    "authjs.session-token",
    "app-session",
    "=",
    "; ",
    ".",
    "..",
    "*",
    "~2",
    ".0",
    ".1",
    "%",
    "%2E",
    "Fe26.2*1*",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0",
    "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0",
    "AAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAA",
    "1700000000000",
    "9999999999999",
];

fn apis() -> &'static [ApiRouter; 3] {
    static APIS: OnceLock<[ApiRouter; 3]> = OnceLock::new();
    APIS.get_or_init(|| {
        let other = "another-secret-of-the-checks-0123456789";
        let sessions = [
            Sessions::next_auth(SECRET).expect("a secret").or_secret(other),
            Sessions::auth_js(SECRET).expect("a secret").or_secret(other).bearer(true),
            Sessions::iron(SECRET).expect("a password").or_secret(other).cookie_name(NAMES[2]).chunks(true),
        ];
        sessions.map(|sessions| {
            ApiRouter::new()
                .sessions(sessions)
                .route("/api/read", async |req: ApiRequest, res: ApiResponse| {
                    assert!(req.check_csrf("").is_err());
                    res.json(&(req.session::<Value>()?, req.session_token()))
                })
                .route("/api/set", async |req: ApiRequest<String>, res: ApiResponse| {
                    res.set_session(&json!({ "text": req.body() })).end()
                })
        })
    })
}

/// Returns the session and the token that a handler sees.
fn seen(api: &ApiRouter, cookie: HeaderValue) -> (Value, Option<String>) {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = http::Uri::from_static("/api/read");
    request.headers_mut().insert("authorization", HeaderValue::from_static("Bearer a.b.c.d.e"));
    request.headers_mut().insert(COOKIE, cookie);
    let response = ask(api, request);
    assert_eq!(response.status(), 200);
    let body = response.into_body();
    serde_json::from_slice(body.as_bytes().expect("a response in one piece")).expect("JSON")
}

pub(crate) fn check(bytes: &[u8]) {
    let mut data = Data::new(bytes);
    let which = data.below(3);
    let (api, name) = (&apis()[which], NAMES[which]);
    // Cookies of any kind have no session.
    let text = data.text(WORDS, 255);
    if let Ok(cookie) = HeaderValue::from_bytes(text.as_bytes()) {
        assert_eq!(seen(api, cookie).0, Value::Null, "{text}");
    }
    // What is set is read again, whole or in chunks, and is noticed if one character is another.
    let content = data.text(WORDS, 40).repeat(data.below(40));
    let request = Request::post("/api/set").header("content-type", "text/plain");
    let request = request.header(COOKIE, format!("{name}=old; {name}.0=old; {name}.3=old"));
    let response = ask(api, request.body(Body::from(content.clone())).expect("a request"));
    if response.status() != 200 {
        // More than four cookies of iron-session.
        assert!(which == 2 && content.len() > 8000, "{}", content.len());
        return;
    }
    let lines = response.headers().get_all(SET_COOKIE).iter().map(|line| line.to_str().expect("ASCII"));
    let kept =
        lines.filter(|line| !line.contains("Max-Age=0")).map(|line| line.split(';').next().unwrap_or(line));
    let mut cookie = kept.collect::<Vec<_>>().join("; ");
    let value = |cookie: &str| HeaderValue::from_str(cookie).expect("visible ASCII");
    let (session, token) = seen(api, value(&cookie));
    assert_eq!(session["text"], content.as_str());
    let token = token.expect("a token");
    assert!(!token.contains(';') && cookie.len() > token.len());
    let at = usize::from(u16::from_be_bytes([data.byte(), data.byte()])) % token.len();
    // The marker at the end of an iron seal is not authenticated.
    if !token[..=at].contains('~') {
        let other = if &token[at..=at] == "A" { "B" } else { "A" };
        let mut forged = token;
        forged.replace_range(at..=at, other);
        cookie = format!("{name}={forged}");
        assert_eq!(seen(api, value(&cookie)).0, Value::Null, "{at} {cookie}");
    }
}
