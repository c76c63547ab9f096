//! Cookies that nobody with the secret has made.

use super::{OTHER, SECRET, api, formats, read, sealed, send};
use serde_json::{Value, json};
use tower_api_routes::Sessions;

/// Returns the parts of a cookie: name and value.
fn pair(cookie: &str) -> (&str, &str) {
    cookie.split_once('=').unwrap()
}

#[tokio::test]
async fn every_changed_character_is_noticed() {
    for sessions in formats() {
        let api = api(sessions);
        let cookie = sealed(&api, &json!({ "sub": "42" })).await;
        let (name, value) = pair(&cookie);
        // The marker of iron-session is not authenticated.
        let value = value.trim_end_matches("~2");
        for at in 0..value.len() {
            for other in ["A", "B", "", "AA", ".", "*", "%00"] {
                let mut forged = value.to_owned();
                forged.replace_range(at..=at, other);
                if forged == value {
                    continue;
                }
                let got = read(send(&api, "/api/session", &format!("{name}={forged}"), None).await).await;
                assert_eq!(got, (200, Value::Null), "{at} {other}");
            }
        }
        let cut = (0..value.len()).map(|length| value[..length].to_owned());
        // Padding, which the packages never write, and which most decoders ignore.
        let padded = [value.to_owned() + "=", value.to_owned() + "=="];
        for forged in cut.chain(padded) {
            let got = read(send(&api, "/api/session", &format!("{name}={forged}"), None).await).await;
            assert_eq!(got, (200, Value::Null), "{forged}");
        }
    }
}

#[tokio::test]
async fn parts_of_two_sessions_do_not_fit() {
    for sessions in formats() {
        let api = api(sessions.chunks(true));
        let long = |text: &str| json!({ "text": text.repeat(7500) });
        let (one, two) = (sealed(&api, &long("a")).await, sealed(&api, &long("b")).await);
        let (one, two): (Vec<_>, Vec<_>) = (one.split("; ").collect(), two.split("; ").collect());
        assert_eq!((one.len(), two.len()), (3, 3));
        let swapped = [
            vec![two[0], one[1], one[2]],
            vec![one[0], two[1], one[2]],
            one[..2].to_vec(),
            one[1..].to_vec(),
            vec![one[0], one[2]],
        ];
        for cookies in swapped {
            let got = read(send(&api, "/api/session", &cookies.join("; "), None).await).await;
            assert_eq!(got, (200, Value::Null));
        }
        // In another order they are the same.
        let got = read(send(&api, "/api/session", &[one[2], one[0], one[1]].join("; "), None).await).await;
        assert!(got.1["text"] == long("a")["text"]);
        // Parts of two tokens, cut at each separator.
        let separator = if one[0].contains("Fe26") { '*' } else { '.' };
        let (short_one, short_two) =
            (sealed(&api, &json!({ "a": 1 })).await, sealed(&api, &json!({ "b": 2 })).await);
        let (name, one) = pair(&short_one);
        let (_, two) = pair(&short_two);
        let (one, two): (Vec<_>, Vec<_>) = (one.split(separator).collect(), two.split(separator).collect());
        for i in 0..one.len() {
            let mut mixed = one.clone();
            mixed[i] = two[i];
            if mixed == one || mixed == two {
                continue;
            }
            let cookie = format!("{name}={}", mixed.join(&separator.to_string()));
            assert_eq!(read(send(&api, "/api/session", &cookie, None).await).await.1, Value::Null, "{i}");
        }
    }
}

#[tokio::test]
async fn a_cookie_of_another_format_is_none() {
    let all = formats().map(|sessions| sessions.cookie_name("sid"));
    for from in &all {
        let cookie = sealed(&api(from.clone()), &json!({ "sub": "42" })).await;
        let readers = all.iter().filter(|to| format!("{to:?}") != format!("{from:?}"));
        for to in readers {
            let got = read(send(&api(to.clone()), "/api/session", &cookie, None).await).await;
            assert_eq!(got, (200, Value::Null), "{from:?} {to:?}");
        }
    }
    // Under another name a token of Auth.js has another key.
    let auth_js = || Sessions::auth_js(SECRET).unwrap();
    let cookie = sealed(&api(auth_js().cookie_name("sid")), &json!({})).await;
    let renamed = cookie.replacen("sid=", "sid2=", 1);
    let got = read(send(&api(auth_js().cookie_name("sid2")), "/api/session", &renamed, None).await).await;
    assert_eq!(got, (200, Value::Null));
}

#[tokio::test]
async fn any_secret_opens_and_the_first_seals() {
    let first = [
        Sessions::next_auth(OTHER).unwrap(),
        Sessions::auth_js(OTHER).unwrap(),
        Sessions::iron(OTHER).unwrap().cookie_name("app-session"),
    ];
    for (old, new) in formats().into_iter().zip(first) {
        let both = new.clone().or_secret(SECRET);
        let (old_cookie, new_cookie) = (
            sealed(&api(old.clone()), &json!({ "by": "old" })).await,
            sealed(&api(both.clone()), &json!({ "by": "both" })).await,
        );
        let by = async |sessions: &Sessions, cookie: &str| {
            read(send(&api(sessions.clone()), "/api/session", cookie, None).await).await.1["by"].clone()
        };
        assert_eq!(
            (by(&both, &old_cookie).await, by(&both, &new_cookie).await),
            (json!("old"), json!("both"))
        );
        assert_eq!((by(&old, &new_cookie).await, by(&new, &old_cookie).await), (Value::Null, Value::Null));
    }
}

#[tokio::test]
async fn long_cookies_are_refused_without_much_work() {
    let header = "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0";
    let long = "A".repeat(64 * 1024);
    let chunks: Vec<_> = (0..5000).map(|i| format!("{{}}.{i}=AAAA")).collect();
    for sessions in formats() {
        let name = format!("{sessions:?}");
        let name = match &name {
            name if name.contains("NextAuth") => "next-auth.session-token",
            name if name.contains("Auth.js") => "authjs.session-token",
            _ => "app-session",
        };
        let api = api(sessions);
        let cookies = [
            format!("{name}={long}"),
            format!("{name}={}", ".".repeat(64 * 1024)),
            format!("{name}={}", "*".repeat(64 * 1024)),
            format!("{name}={header}..AAAAAAAAAAAAAAAA.{long}.AAAAAAAAAAAAAAAAAAAAAA"),
            format!("{name}=Fe26.2*1*{long}*AAAA*AAAA**{long}*AAAA"),
            format!("{name}=Fe26.2*1*a*AAAA*{long}*9{}*a*AAAA~2", "9".repeat(9999)),
            chunks.join("; ").replace("{}", name),
        ];
        for cookie in cookies {
            let got = read(send(&api, "/api/session", &cookie, None).await).await;
            assert_eq!(got, (200, Value::Null));
        }
    }
}
