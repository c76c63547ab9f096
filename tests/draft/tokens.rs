//! Tokens that a Next.js 16.2.2 server has made, and some made by hand with its own cryptography.

use super::{cookies, get, json_of};
use crate::keys::{ID, props};
use percent_encoding::NON_ALPHANUMERIC;
use serde::Deserialize;
use serde_json::{Value, json};
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, PreviewOptions, PreviewProps, Result};

#[derive(Deserialize)]
struct Tokens {
    made_by_next: Vec<Made>,
    hand_made: Vec<Crafted>,
}

#[derive(Deserialize)]
struct Made {
    name: String,
    data: Value,
    token: String,
}

/// What the server made of it.
#[derive(Deserialize)]
struct Crafted {
    name: String,
    token: String,
    /// The data; the key is absent where there is none.
    #[serde(default, deserialize_with = "present")]
    data: Option<Value>,
    #[serde(default)]
    off: bool,
    #[serde(default)]
    cleared: bool,
    #[serde(default)]
    error: bool,
}

/// `null` is data.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

fn tokens() -> Tokens {
    serde_json::from_str(include_str!("../vectors/preview_tokens.json")).unwrap()
}

fn api(props: PreviewProps) -> ApiRouter {
    ApiRouter::new().preview(props).route("/api/seen", super::seen).route("/api/echo", echo)
}

/// Sets what it was sent.
async fn echo(req: ApiRequest, res: ApiResponse) -> Result {
    let data: Value = serde_json::from_str(req.query().get("data").unwrap())?;
    res.set_preview_data(&data, PreviewOptions::new().max_age(60)).await.end()
}

async fn read(api: &ApiRouter, token: &str) -> (u16, String, Value) {
    let cookie = format!("__prerender_bypass={ID}; __next_preview_data={token}");
    let response = get(api, "/api/seen", &[("cookie", &cookie)]).await;
    (response.status().as_u16(), cookies(&response), json_of(response).await)
}

/// All at once: each has a salt of its own, whose key is derived while the others' are.
async fn read_all<'a>(tokens: impl Iterator<Item = &'a str>) -> Vec<(u16, String, Value)> {
    let api = api(props());
    let tasks: Vec<_> = tokens.map(|token| (api.clone(), token.to_owned())).collect();
    let tasks = tasks.into_iter().map(|(api, token)| tokio::spawn(async move { read(&api, &token).await }));
    futures_util::future::join_all(tasks).await.into_iter().map(|result| result.unwrap()).collect()
}

#[tokio::test]
async fn a_token_of_next_is_read() {
    let made = tokens().made_by_next;
    let got = read_all(made.iter().map(|made| &*made.token)).await;
    for (Made { name, data, .. }, got) in made.into_iter().zip(got) {
        assert_eq!(got, (200, String::new(), data), "{name}");
    }
}

#[tokio::test]
async fn handmade_token_is_accepted_as_by_next() {
    let crafted = tokens().hand_made;
    assert!(crafted.len() > 25);
    let got = read_all(crafted.iter().map(|crafted| &*crafted.token)).await;
    for (Crafted { name, data, off, cleared, error, .. }, got) in crafted.into_iter().zip(got) {
        let expected = match data {
            // Next.js reads these two. It never writes them, and we read what it writes.
            Some(_) if name == "hs384" || name == "hs512" => (200, "-bypass -data".into(), json!(false)),
            Some(data) => (200, String::new(), data),
            None if cleared => (200, "-bypass -data".into(), json!(false)),
            None if off => (200, String::new(), json!(false)),
            None => {
                assert!(error, "{name} is in the file for something");
                (500, String::new(), json!("Internal Server Error"))
            }
        };
        assert_eq!(got, expected, "{name}");
    }
}

#[tokio::test]
async fn preview_cookies_are_read_by_every_router() {
    let (writer, reader) = (api(props()), api(props()));
    for data in [json!({ "a": 1, "b": ["é", null] }), json!("text"), json!(null), json!(0), json!({})] {
        let text = data.to_string();
        let path =
            format!("/api/echo?data={}", percent_encoding::utf8_percent_encode(&text, NON_ALPHANUMERIC));
        let response = get(&writer, &path, &[]).await;
        let token = response.headers().get_all("set-cookie").iter().nth(1).unwrap().to_str().unwrap();
        let token = token.split_once(';').unwrap().0.split_once('=').unwrap().1;
        assert_eq!(read(&reader, token).await, (200, String::new(), data.clone()), "{data}");
        assert_eq!(read(&writer, token).await, (200, String::new(), data.clone()), "{data}");
    }
}

#[tokio::test]
async fn a_token_needs_the_whole_id() {
    let Made { token, data, .. } = tokens().made_by_next.into_iter().next().unwrap();
    let api = api(props());
    let with = |id: &str| format!("__prerender_bypass={id}; __next_preview_data={token}");
    let upper = ID.to_uppercase();
    assert_ne!(upper, ID);
    let mut cases =
        vec![(with(ID), "", data), (format!("__next_preview_data={token}"), "-bypass -data", json!(false))];
    for id in
        ["", "true", &ID[..1], &ID[..ID.len() - 1], &ID[1..], &format!("{ID}0"), &format!("{ID}%00"), &upper]
    {
        cases.push((with(id), "-bypass -data", json!(false)));
    }
    for (cookie, set, body) in cases {
        let response = get(&api, "/api/seen", &[("cookie", &cookie)]).await;
        assert_eq!(cookies(&response), set, "{cookie}");
        assert_eq!(json_of(response).await, body, "{cookie}");
    }
}

#[tokio::test]
async fn data_that_is_false_is_no_preview() {
    let api = api(props())
        .route("/api/mode", async |req: ApiRequest, res: ApiResponse| res.json(&req.draft_mode()));
    for (data, mode) in [("false", false), ("0", true)] {
        let response = get(&api, &format!("/api/echo?data={data}"), &[]).await;
        let token = response.headers().get_all("set-cookie").iter().nth(1).unwrap().to_str().unwrap();
        let cookie = format!("__prerender_bypass={ID}; {}", token.split(';').next().unwrap());
        let response = get(&api, "/api/mode", &[("cookie", &cookie)]).await;
        assert_eq!((&*cookies(&response), json_of(response).await), ("", json!(mode)), "{data}");
    }
}

#[tokio::test]
async fn preview_data_is_read_as_a_type() {
    #[derive(Deserialize, serde::Serialize)]
    struct Draft {
        a: u64,
    }
    async fn typed(req: ApiRequest, res: ApiResponse) -> Result {
        res.json(&req.preview_data_as::<Draft>()?)
    }
    let api = ApiRouter::new().preview(props()).route("/", typed);
    let tokens = tokens().hand_made;
    let token = |name| &*tokens.iter().find(|token| token.name == name).unwrap().token;
    let (fits, does_not) = (token("plain"), token("data-null"));
    let cases = [
        (String::new(), 200, json!(null)),
        (format!("__prerender_bypass={ID}"), 200, json!(null)),
        (format!("__prerender_bypass={ID}; __next_preview_data={fits}"), 200, json!({ "a": 1 })),
        (
            format!("__prerender_bypass={ID}; __next_preview_data={does_not}"),
            500,
            json!("Internal Server Error"),
        ),
    ];
    for (cookie, status, body) in cases {
        let response = get(&api, "/", &[("cookie", &cookie)]).await;
        assert_eq!(response.status(), status, "{cookie}");
        assert_eq!(json_of(response).await, body, "{cookie}");
    }
}
