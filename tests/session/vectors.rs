//! Cookies that the packages have set, recorded.

use super::{api, read, send};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use tower_api_routes::Sessions;

#[derive(Deserialize)]
struct Vector {
    kind: String,
    name: String,
    cookie: String,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    passwords: BTreeMap<u32, String>,
    cookies: BTreeMap<String, String>,
    /// `null` where there is no session.
    expect: Value,
}

impl Vector {
    /// Returns the sessions of this vector. With `by_id` the passwords of iron-session have their ids.
    fn sessions(&self, by_id: bool) -> Sessions {
        let iron = |password: &String| Sessions::iron(password);
        let (first, others, sessions): (_, Vec<_>, _) = match &*self.kind {
            "iron" if by_id => {
                return Sessions::iron(self.passwords.clone()).unwrap().cookie_name(&self.cookie);
            }
            "iron" => {
                let mut passwords = self.passwords.values().rev();
                (passwords.next().unwrap(), passwords.collect(), &iron as &dyn Fn(&String) -> _)
            }
            "next_auth" => (&self.secrets[0], self.secrets[1..].iter().collect(), &|secret: &String| {
                Sessions::next_auth(secret)
            }),
            _ => (&self.secrets[0], self.secrets[1..].iter().collect(), &|secret: &String| {
                Sessions::auth_js(secret)
            }),
        };
        let sessions = sessions(first).unwrap().cookie_name(&self.cookie);
        others.into_iter().fold(sessions, Sessions::or_secret)
    }
}

#[tokio::test]
async fn recorded_cookies_are_read_as_by_the_packages() {
    let vectors = include_str!("../vectors/sessions.jsonl").lines();
    let vectors: Vec<Vector> = vectors.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(vectors.len(), 18);
    for vector in vectors {
        let header: Vec<_> = vector.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        for by_id in [false, true] {
            let api = api(vector.sessions(by_id));
            let response = send(&api, "/api/session", &header.join("; "), None).await;
            let (status, got) = read(response).await;
            assert_eq!((status, &got), (200, &vector.expect), "{} {}", vector.kind, vector.name);
        }
    }
}
