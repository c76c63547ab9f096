//! The example that replays recorded traffic.

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/replay/main.rs"]
mod example;

use crate::support::{front, nowhere};
use example::{Options, replay, table};
use serde_json::json;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, methods};

fn api(version: u32) -> ApiRouter {
    let post = move |req: ApiRequest, res: ApiResponse| async move {
        res.json(&json!({ "pid": req.query().get("pid"), "version": version }))
    };
    ApiRouter::new()
        .route("/api/same", |_req: ApiRequest, res: ApiResponse| async move { res.send("same") })
        .route("/api/post/[pid]", post)
        .route("/api/echo", methods().post(echo))
}

async fn echo(req: ApiRequest<String>, res: ApiResponse) -> Result {
    res.status(201).send(req.into_body())
}

fn har(requests: &serde_json::Value) -> String {
    let entry = |request: &serde_json::Value| json!({ "request": request });
    let entries: Vec<_> = requests.as_array().unwrap().iter().map(entry).collect();
    json!({ "log": { "version": "1.2", "entries": entries } }).to_string()
}

#[tokio::test]
async fn what_was_recorded_is_asked_of_both_servers() {
    let (old, new) = (front(api(1)).await, front(api(2)).await);
    let har = har(&json!([
        { "method": "GET", "url": "https://shop.example/api/same?a=b#c", "headers": [
            { "name": ":authority", "value": "shop.example" },
            { "name": "accept-encoding", "value": "gzip, br" },
        ] },
        { "method": "GET", "url": "https://shop.example/api/post/7", "headers": [] },
        { "method": "GET", "url": "https://shop.example/index.html", "headers": [] },
        { "method": "POST", "url": "https://shop.example/api/echo", "headers": [
            { "name": "content-type", "value": "text/plain" }, { "name": "content-length", "value": "99" },
        ], "postData": { "mimeType": "text/plain", "text": "aGVsbG8=", "encoding": "base64" } },
    ]));
    let run = |arguments: &[&str]| {
        let servers = [old.address, new.address].map(|address| format!("http://{address}"));
        let arguments =
            arguments.iter().map(|text| (*text).to_owned()).chain(["x.har".into()]).chain(servers);
        Options::parse(arguments).unwrap()
    };
    let replayed = replay(&run(&[]), &har).await.unwrap();
    let etag = replayed.rows[1].compared.differences[0].to_string();
    let expected = format!(
        "result      old  new  request\n\
         equal       200  200  GET /api/same?a=b\n\
         DIFFERENT   200  200  GET /api/post/7\n                      {etag}\n                      $.version: old 1, new 2\n\
         2 requests, 1 different\n  1 $.version\n  1 etag\n\
         left out: 1 POST. They change something; `--all` sends them, too"
    );
    assert_eq!(table(&replayed), expected);

    let replayed =
        replay(&run(&["--all", "--path", "/api/echo", "--ignore", "$.version"]), &har).await.unwrap();
    assert_eq!(
        table(&replayed),
        "result      old  new  request\nequal       201  201  POST /api/echo\n1 requests, 0 different"
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_wrong_command_line_are_errors() {
    let nowhere = format!("http://{}", nowhere().await);
    let options = Options::parse(["x.har".to_owned(), nowhere.clone(), nowhere]).unwrap();
    let har = har(&json!([{ "method": "GET", "url": "http://a/api/x", "headers": [] }]));
    let error = replay(&options, &har).await.err().unwrap().to_string();
    assert!(error.contains("GET /api/x") && error.contains("cannot be reached"), "{error}");
    for arguments in [&["x.har"][..], &["--path"], &["a", "b", "c", "d"]] {
        assert!(Options::parse(arguments.iter().map(|text| (*text).to_owned())).is_err(), "{arguments:?}");
    }
}
