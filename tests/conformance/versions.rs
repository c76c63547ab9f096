//! The recorded exchanges with another version of Next.js, for `scripts/tests.sh versions`.

use crate::common::net::blocking::Client;
use crate::{corpus, replay, router, start};
use std::net::SocketAddr;
use tower_api_routes::serve;

/// Sends a request for preview data, and returns the cookies that a browser sends back, and the body.
fn preview(address: SocketAddr, target: &str, cookies: &str) -> (String, String) {
    let mut client = Client::connect(address);
    client.send(format!(
        "GET /api/preview{target} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
    ));
    let response = client.response().unwrap();
    assert_eq!(response.status, 200, "{target}: {}", response.text());
    let set = response.headers.iter().filter(|(name, _)| name == "set-cookie");
    let pairs: Vec<_> = set.map(|(_, value)| value.trim().split(';').next().unwrap()).collect();
    (pairs.join("; "), response.text())
}

#[test]
#[ignore = "needs a server at `NEXT_ADDR`: scripts/tests.sh versions"]
fn another_version_of_next() {
    let next: SocketAddr = std::env::var("NEXT_ADDR").unwrap().parse().unwrap();
    let rust = start(|listener| async { serve(listener, router()).await });
    for (from, to, direction) in [(next, rust, "Next.js to Rust"), (rust, next, "Rust to Next.js")] {
        let (cookies, _) = preview(from, "?data={%22a%22:[1,%22%C3%BC%22]}", "");
        let (_, body) = preview(to, "", &cookies);
        assert!(body.contains(r#""previewData":{"a":[1,"ü"]}"#), "{direction}: {body}");
    }
    let differences = [replay(next), corpus::replay(next)].concat();
    for difference in &differences {
        println!("{difference}");
    }
    println!("differences: {}", differences.len());
}
