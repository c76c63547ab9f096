//! Recorded requests against two servers.

use crate::program::{Said, run};
use serde_json::{Value, json};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, methods, serve};

fn api(version: u32) -> ApiRouter {
    let post = move |req: ApiRequest, res: ApiResponse| async move {
        res.json(&json!({ "pid": req.query().get("pid"), "version": version }))
    };
    ApiRouter::new()
        .route("/api/same", |_req: ApiRequest, res: ApiResponse| async move { res.send("same") })
        .route("/api/post/[pid]", post)
        .route("/api/echo", methods().post(echo).put(echo))
}

async fn echo(req: ApiRequest<String>, res: ApiResponse) -> Result {
    res.status(201).send(req.into_body())
}

fn start(runtime: &Runtime, api: ApiRouter) -> SocketAddr {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(async move { serve(listener, api).await });
    address
}

fn har(requests: &Value) -> String {
    let entry = |request: &Value| json!({ "request": request });
    let entries: Vec<_> = requests.as_array().unwrap().iter().map(entry).collect();
    json!({ "log": { "version": "1.2", "entries": entries } }).to_string()
}

fn replay(folder: &Path, arguments: &[&str]) -> Said {
    run(folder, &[&["replay"], arguments].concat())
}

#[test]
fn recorded_requests_are_compared() {
    let runtime = Runtime::new().unwrap();
    let [old, new] = [1, 2].map(|version| format!("http://{}", start(&runtime, api(version))));
    let folder = tempfile::tempdir().unwrap();
    let text = |method: &str| {
        json!({ "method": method, "url": "https://shop.example/api/echo", "headers": [
        { "name": "content-type", "value": "text/plain" }, { "name": "content-length", "value": "99" },
    ], "postData": { "mimeType": "text/plain", "text": "aGVsbG8=", "encoding": "base64" } })
    };
    let recorded = har(&json!([
        { "method": "GET", "url": "https://shop.example/api/same?a=b#c", "headers": [
            { "name": ":authority", "value": "shop.example" },
            { "name": "accept-encoding", "value": "gzip, br" },
        ] },
        { "method": "GET", "url": "https://shop.example/api/post/7", "headers": [] },
        { "method": "GET", "url": "https://shop.example/index.html", "headers": [] },
        text("POST"),
        text("PUT"),
    ]));
    fs::write(folder.path().join("x.har"), recorded).unwrap();

    let said = replay(folder.path(), &["x.har", &old, &new]);
    assert_eq!(said.code, Some(1), "{}", said.err);
    let etag = said.out.lines().find(|line| line.contains("etag: old ")).unwrap();
    let expected = format!(
        "result      old  new  request\n\
         equal       200  200  GET /api/same?a=b\n\
         DIFFERENT   200  200  GET /api/post/7\n\
         {etag}\n                      $.version: old 1, new 2\n\
         2 requests, 1 different\n  1 $.version\n  1 etag\n\
         left out: 1 POST, 1 PUT. They change something: `--method` sends one more, `--all` every one\n"
    );
    assert_eq!(said.out, expected);

    let cases: [(&[&str], &str); 3] = [
        (
            &["--path", "/api/echo", "--method", "post"],
            "left out: 1 PUT. They change something: `--method` sends one more, `--all` every one",
        ),
        (&["--path", "/api/echo", "--method", "POST,PUT"], "2 requests, 0 different"),
        (&["--path", "/api/echo", "--all"], "2 requests, 0 different"),
    ];
    for (options, last) in cases {
        let said = replay(folder.path(), &[options, &["x.har", &old, &new]].concat());
        assert_eq!((said.code, said.out.lines().last()), (Some(0), Some(last)), "{options:?}");
    }
    let said = replay(folder.path(), &["x.har", &old, &old]);
    assert_eq!(said.code, Some(0), "{}", said.out);
}

#[test]
fn a_server_that_is_down_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let recorded = har(&json!([{ "method": "GET", "url": "http://a/api/x", "headers": [] }]));
    fs::write(folder.path().join("x.har"), recorded).unwrap();
    let nowhere = format!("http://{nowhere}");
    let said = replay(folder.path(), &["x.har", &nowhere, &nowhere]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains(&format!("GET /api/x to {nowhere}: ")), "{}", said.err);
}
