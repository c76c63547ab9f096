//! The cookies that are set and cleared.

use super::{SECRET, api, formats, kept, lines, read, sealed, send};
use serde_json::{Value, json};
use std::time::Duration;
use tower_api_routes::{ApiRequest, ApiResponse, SameSite, Sessions};

/// Returns the name and the attributes of a line, in a fixed order, without dates.
fn short(line: &str) -> String {
    let mut parts = line.split("; ");
    let (name, value) = parts.next().unwrap().split_once('=').unwrap();
    let mut attributes: Vec<_> =
        parts.map(|part| if part.starts_with("Expires") { "Expires" } else { part }).collect();
    attributes.sort_unstable();
    format!("{name}{} {}", if value.is_empty() { "-" } else { "" }, attributes.join(" "))
}

#[tokio::test]
async fn attributes_are_those_of_the_package() {
    let [next_auth, auth_js, iron] = formats();
    let cases = [
        (next_auth.clone(), "next-auth.session-token Expires HttpOnly Path=/ SameSite=Lax"),
        (
            next_auth.secure(true),
            "__Secure-next-auth.session-token Expires HttpOnly Path=/ SameSite=Lax Secure",
        ),
        (auth_js.clone(), "authjs.session-token Expires HttpOnly Path=/ SameSite=Lax"),
        (auth_js.cookie_name("__Host-sid"), "__Host-sid Expires HttpOnly Path=/ SameSite=Lax Secure"),
        (iron.clone(), "app-session HttpOnly Max-Age=1209540 Path=/ SameSite=Lax Secure"),
        (
            iron.clone().max_age(Duration::ZERO),
            "app-session HttpOnly Max-Age=2147483647 Path=/ SameSite=Lax Secure",
        ),
        (
            iron.secure(false).same_site(SameSite::Strict).path("/app").domain("example.com"),
            "app-session Domain=example.com HttpOnly Max-Age=1209540 Path=/app SameSite=Strict",
        ),
    ];
    for (sessions, expected) in cases {
        let response = send(&api(sessions), "/api/set", "", Some(&json!({}))).await;
        let lines: Vec<_> = lines(&response).iter().map(|line| short(line)).collect();
        assert_eq!(lines, [expected]);
    }
}

#[tokio::test]
async fn long_sessions_are_cut_as_by_the_package() {
    let [next_auth, auth_js, iron] = formats();
    let chunks = iron.clone().chunks(true);
    let lengths = |lines: &[String]| -> Vec<usize> {
        let values = lines.iter().map(|line| line.split(['=', ';']).nth(1).unwrap().len());
        values.collect()
    };
    for (sessions, size) in [(next_auth, 3933), (auth_js, 3936), (chunks, 4025)] {
        let api = api(sessions);
        for kilobytes in [1, 4, 9] {
            let session = json!({ "text": "x".repeat(kilobytes * 1000) });
            let response = send(&api, "/api/set", "", Some(&session)).await;
            let (lines, mut lengths) = (lines(&response), lengths(&lines(&response)));
            let last = lengths.pop().unwrap();
            assert!(lengths.iter().all(|length| *length == size) && last <= size, "{lengths:?} {last}");
            assert!(lines.iter().all(|line| line.len() <= 4096), "{kilobytes}");
            let numbered = |i: usize| lines[i].split('=').next().unwrap().ends_with(&format!(".{i}"));
            assert_eq!((0..lines.len()).all(numbered), lines.len() > 1, "{lines:?}");
            let (_, got) = read(send(&api, "/api/session", &kept(&lines), None).await).await;
            assert_eq!(got["text"], session["text"]);
        }
    }
    // Without chunks, and with more than four, it is refused here and not by the browser.
    for (sessions, kilobytes) in [(iron.clone(), 4), (iron.chunks(true), 13)] {
        let session = json!({ "text": "x".repeat(kilobytes * 1000) });
        let response = send(&api(sessions), "/api/set", "", Some(&session)).await;
        assert_eq!((response.status().as_u16(), lines(&response).len()), (500, 0));
    }
}

#[tokio::test]
async fn what_a_request_has_is_cleared() {
    let [next_auth, auth_js, iron] = formats();
    let before = "{}=a; {}.0=b; {}.12=c; {}x=d; {}.a=e; theme=dark";
    let attributes = " HttpOnly Max-Age=0 Path=/ SameSite=Lax";
    let cases = [
        (next_auth.clone(), "next-auth.session-token", before, "/api/clear", "- .0- .12-"),
        (auth_js.clone(), "authjs.session-token", before, "/api/clear", "- .0- .12-"),
        (iron.clone().secure(false), "app-session", before, "/api/clear", "- .0- .12-"),
        (next_auth.clone(), "next-auth.session-token", "theme=dark", "/api/clear", ""),
        (iron.clone().secure(false), "app-session", "theme=dark", "/api/clear", "-"),
        (iron.secure(false), "app-session", "{}.0=a", "/api/clear", ".0- -"),
        // A new session replaces the whole cookie, and clears the chunks.
        (auth_js, "authjs.session-token", before, "/api/set", ".0- .12- +"),
        (next_auth, "next-auth.session-token", "{}.0=a; {}.1=b", "/api/set", ".0- .1- +"),
    ];
    for (sessions, name, before, path, expected) in cases {
        let cookie = before.replace("{}", name);
        let response = send(&api(sessions), path, &cookie, Some(&json!({}))).await;
        let lines: Vec<_> = lines(&response).iter().map(|line| short(line)).collect();
        let cleared = |mark: &str| match mark {
            "+" => format!("{name} Expires HttpOnly Path=/ SameSite=Lax"),
            mark => format!("{name}{mark}{attributes}"),
        };
        let expected: Vec<_> = expected.split_terminator(' ').map(cleared).collect();
        assert_eq!(lines, expected, "{cookie} {path}");
    }
}

#[tokio::test]
async fn the_last_of_two_edits_counts() {
    for sessions in formats() {
        let api = api(sessions)
            .route("/api/out", async |_: ApiRequest, res: ApiResponse| {
                let res = res.set_session(&json!({ "long": "x".repeat(500) })).cookie(("theme", "dark"));
                res.clear_session().end()
            })
            .route("/api/in", async |_: ApiRequest, res: ApiResponse| {
                res.cookie(("theme", "dark")).clear_session().set_session(&json!({ "sub": "42" })).end()
            });
        let cookie = sealed(&api, &json!({ "sub": "41" })).await;
        let out = lines(&send(&api, "/api/out", &cookie, None).await);
        assert_eq!((out.len(), kept(&out)), (2, "theme=dark".to_owned()));
        let lines = lines(&send(&api, "/api/in", &cookie, None).await);
        assert_eq!(lines.len(), 2, "{lines:?}");
        let (_, got) = read(send(&api, "/api/session", &kept(&lines), None).await).await;
        assert_eq!(got["sub"], "42");
    }
}

#[tokio::test]
async fn a_session_is_an_object() {
    for sessions in formats() {
        let api = api(sessions);
        for session in [json!([1]), json!("text"), Value::Null] {
            let response = send(&api, "/api/set", "", Some(&session)).await;
            assert_eq!((response.status().as_u16(), lines(&response).len()), (500, 0), "{session}");
        }
    }
}

#[test]
#[should_panic = "the cookie of iron-session has no default name: add `.cookie_name(\"…\")`, as in `cookieName`"]
fn iron_needs_a_cookie_name() {
    let _ = api(Sessions::iron(SECRET).unwrap());
}
