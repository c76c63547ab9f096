//! Exchanges sessions with the packages, for `scripts/tests.sh sessions`.

use super::{api, lines, read, send};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use tower_api_routes::Sessions;

#[derive(Deserialize)]
struct Sealed {
    config: Value,
    session: Value,
    header: String,
    chunks: usize,
    expect: Value,
    forged: bool,
    expired: bool,
    rotated: bool,
}

fn sessions(config: &Value) -> Sessions {
    let secrets = config["secrets"].as_array().unwrap();
    let mut secrets = secrets.iter().map(|secret| secret.as_str().unwrap());
    let first = secrets.next().unwrap();
    let sessions = match config["kind"].as_str().unwrap() {
        "next-auth-4" => Sessions::next_auth(first),
        "next-auth-5" => Sessions::auth_js(first),
        _ => Sessions::iron(first),
    };
    let sessions = sessions.unwrap().cookie_name(config["cookie"].as_str().unwrap());
    secrets.fold(sessions, Sessions::or_secret).chunks(config["chunks"] == true)
}

#[tokio::test]
#[ignore = "needs what scripts/tests.sh sessions prepares"]
async fn packages_and_rust_exchange_sessions() {
    let file = |name| std::env::var(name).unwrap();
    let (mut written, mut counts, mut previous) = (String::new(), HashMap::new(), HashMap::new());
    for line in fs::read_to_string(file("SESSIONS_IN")).unwrap().lines() {
        let sealed: Sealed = serde_json::from_str(line).unwrap();
        let api = api(sessions(&sealed.config));
        let got = read(send(&api, "/api/session", &sealed.header, None).await).await;
        assert_eq!(got, (200, sealed.expect.clone()), "{line}");
        let mut count = |what, counts_as: bool| *counts.entry(what).or_insert(0) += u32::from(counts_as);
        count("sessions", true);
        count("in chunks", sealed.chunks > 1);
        count("with a rotated secret", sealed.rotated);
        count("expired", sealed.expired);
        count("forged", sealed.forged);
        // The browser has an earlier session, whose chunks must not spoil the new one.
        let cookie = sealed.config["cookie"].as_str().unwrap().to_owned();
        let before = previous.insert(cookie, sealed.header).unwrap_or_else(|| "theme=dark".to_owned());
        let response = send(&api, "/api/set", &before, Some(&sealed.session)).await;
        assert_eq!(response.status(), 200, "{line}");
        let lines = lines(&response);
        let out =
            json!({ "config": sealed.config, "session": sealed.session, "before": before, "lines": lines });
        writeln!(written, "{out}").unwrap();
    }
    fs::write(file("SESSIONS_OUT"), written).unwrap();
    let mut counts: Vec<_> = counts.into_iter().map(|(what, count)| format!("{count} {what}")).collect();
    counts.sort_by_key(|text| std::cmp::Reverse(text.split(' ').next().unwrap().parse::<u32>().unwrap()));
    println!("\nread {}", counts.join(", "));
}
