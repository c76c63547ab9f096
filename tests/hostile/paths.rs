//! Paths and parameters in every spelling.

use crate::api::{api, server};
use crate::{OK, all_responses, check, get};
use serde_json::{Value, json};

#[test]
fn guard_by_route_cannot_be_bypassed() {
    let server = server();
    let router = api();
    // The spelling, and what the handler's route is: none where nothing is served.
    let cases = [
        ("/api/admin", Some("/api/admin")),
        ("/api/open/../admin", Some("/api/admin")),
        ("/api/open/%2e%2e/admin", Some("/api/admin")),
        ("/api/open/.%2E/admin", Some("/api/admin")),
        ("/api/./admin", Some("/api/admin")),
        ("/../api/admin", Some("/api/admin")),
        ("/api/files/a/../../admin", Some("/api/admin")),
        ("/api/open/..%2fadmin", Some("/api/open/[x]")),
        ("/api/open/%2e%2e%2fadmin", Some("/api/open/[x]")),
        ("/api/open/..%5cadmin", Some("/api/open/[x]")),
        ("/api/open/%252e%252e", Some("/api/open/[x]")),
        ("/api/%61dmin", None),
        ("/api/admin%00", None),
        ("/api/admin;x", None),
        ("/API/ADMIN", None),
        ("/api/admin/", None),
        ("//api/admin", None),
        ("/api//admin", None),
        ("/api\\admin", None),
        ("/api/open\\..\\admin", None),
        ("/api/open/..;/admin", None),
    ];
    for (target, route) in cases {
        let seen = target.parse().ok().and_then(|uri| router.route_for(&uri));
        assert_eq!(seen, route, "what the guard sees of {target}");
        let response = &all_responses(&server, target, &get(target))[0];
        if let Some(route) = route {
            assert_eq!(response.status, 200, "{target}");
            assert!(response.text().starts_with(&format!("[\"{route}\"")), "{target}: {}", response.text());
        } else {
            assert!(matches!(response.status, 308 | 400 | 404), "{target}: {response:?}");
        }
    }
}

#[test]
fn a_parameter_is_decoded_once_and_never_splits() {
    let server = server();
    let cases = [
        ("/api/open/a%2Fb", json!({ "x": "a/b" })),
        ("/api/open/%252F", json!({ "x": "%2F" })),
        ("/api/open/%25252F", json!({ "x": "%252F" })),
        ("/api/open/%2e%2e%2f", json!({ "x": "../" })),
        ("/api/open/a?x=b", json!({ "x": "a" })),
        ("/api/open/a%3Fx=b", json!({ "x": "a?x=b" })),
        ("/api/files/a%2Fb/c", json!({ "path": ["a/b", "c"] })),
        ("/api/files/a?path=/etc/passwd", json!({ "path": ["a"] })),
    ];
    for (target, query) in cases {
        let response = &check(&server, target, &get(target), OK)[0];
        let seen: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(seen[1], query, "{target}");
    }
}

#[test]
fn normalizing_redirect_stays_on_the_host() {
    let server = server();
    let targets = [
        "//evil.example/",
        "///evil.example",
        "/\\evil.example/",
        "/%5Cevil.example/",
        "//evil.example/..",
        "/.//evil.example",
        "/x/..//evil.example/",
        "/%2e%2e//evil.example",
        "\\\\evil.example",
        "//evil.example/%2e%2e//x",
        "/api//\t/x",
    ];
    for target in targets {
        for response in all_responses(&server, target, &get(target)) {
            if let Some(location) = response.header("location") {
                assert!(
                    location.starts_with('/') && !location[1..].starts_with(['/', '\\']),
                    "{target}: {location}"
                );
            }
        }
    }
}
