//! The CSRF token of NextAuth and Auth.js.

use super::{OTHER, SECRET, formats, send};
use sha2::{Digest as _, Sha256};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Sessions};

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn csrf_token_needs_the_apps_cookie() {
    let [next_auth, auth_js, iron] = formats();
    let (token, other) = ("5f".repeat(32), "60".repeat(32));
    let made = |name: &str, secret: &str| format!("{name}={token}%7C{}", hash(&format!("{token}{secret}")));
    let (plain, plain_5) = (made("next-auth.csrf-token", SECRET), made("authjs.csrf-token", SECRET));
    let host = made("__Host-next-auth.csrf-token", SECRET);
    let joined = format!("{SECRET},{OTHER}");
    let cases = [
        (next_auth.clone(), plain.clone(), &token, 200),
        (next_auth.clone(), plain.replace("%7C", "|"), &token, 200),
        (next_auth.clone().secure(true), host.clone(), &token, 200),
        (next_auth.clone().cookie_name("sid"), plain.clone(), &token, 200),
        (auth_js.clone(), plain_5.clone(), &token, 200),
        (auth_js.clone().or_secret(OTHER), made("authjs.csrf-token", &joined), &token, 200),
        (auth_js.clone().or_secret(OTHER), made("authjs.csrf-token", OTHER), &token, 200),
        (next_auth.clone(), plain.clone(), &other, 403),
        (next_auth.clone(), plain.clone(), &String::new(), 403),
        (next_auth.clone(), String::new(), &token, 403),
        (next_auth.clone(), host, &token, 403),
        (next_auth.clone().secure(true), plain.clone(), &token, 403),
        (next_auth.clone(), plain.replacen("=5f", "=60", 1), &token, 403),
        (next_auth.clone(), plain[..plain.len() - 1].to_owned(), &token, 403),
        (next_auth.clone(), format!("next-auth.csrf-token={token}"), &token, 403),
        (next_auth.clone(), format!("next-auth.csrf-token=|{}", hash(SECRET)), &String::new(), 403),
        (Sessions::next_auth(OTHER).unwrap(), plain.clone(), &token, 403),
        (auth_js, plain, &token, 403),
        (iron, plain_5, &token, 403),
    ];
    for (i, (sessions, cookie, token, status)) in cases.into_iter().enumerate() {
        let check = async |req: ApiRequest<String>, res: ApiResponse| {
            req.check_csrf(req.body())?;
            res.end()
        };
        let api = ApiRouter::new().sessions(sessions).route("/api/post", check);
        // A JSON string is the text itself.
        let response = send(&api, "/api/post", &cookie, Some(&token.as_str().into())).await;
        assert_eq!(response.status(), status, "{i} {cookie}");
    }
}
