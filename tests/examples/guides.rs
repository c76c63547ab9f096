//! What the guides say beside their examples.

use crate::common::net::{self, Protocol};
use crate::common::{call, get, post_to};
use http_body_util::{BodyExt as _, Full};
use std::fs;
use std::path::Path;
use tower_api_routes::{
    ApiRequest, ApiResponse, ApiRouter, Body, Error, HandlerExt as _, RawBody, Result, RouteConfig, methods,
    serve,
};

/// Calls `found` with each source file and its text.
fn sources(folder: &Path, found: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn nothing_is_written_to_disk() {
    let (root, mut files, mut users) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), 0, Vec::new());
    sources(&root, &mut |path, text| {
        files += 1;
        // Examples, which begin with `///` or `//!`, are a user's code.
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        if code.into_iter().any(|line| {
            ["std::fs", "tokio::fs", " fs::", "File::open", "File::create", "OpenOptions"]
                .iter()
                .any(|name| line.contains(name))
        }) {
            users.push(path.strip_prefix(&root).unwrap().to_owned());
        }
    });
    assert!(files > 100, "only {files} files were read");
    // A build script writes, and the keys of a Next.js build are read.
    users.retain(|path| !path.starts_with("build"));
    assert_eq!(users, [Path::new("draft/props.rs")]);
}

#[test]
fn operating_page_has_every_log_message() {
    let (log, guide) = (include_str!("../../src/log.rs"), include_str!("../../docs/operating.md"));
    let calls: Vec<&str> = log.split("tracing::").skip(1).filter(|call| !call.starts_with('`')).collect();
    assert!(calls.len() > 10, "only {} calls", calls.len());
    for call in calls {
        // The message is the first text with a space; what changes in it, or explains it, is left out of the table.
        let message = call.split('"').skip(1).step_by(2).find(|text| text.contains(' ')).unwrap();
        let constant = message.split([';', ':', '`']).next().unwrap().trim_end();
        assert!(guide.contains(&format!("| `{constant}")), "{constant:?} is not in docs/operating.md");
    }
}

#[tokio::test]
async fn an_upgrade_to_http2_over_http1_is_ignored() {
    async fn version(req: ApiRequest, res: ApiResponse) -> Result {
        res.send(format!("{:?}", req.version()))
    }
    let api = ApiRouter::new().route("/api/version", version);
    let server = net::Server::start(|listener| serve(listener, api)).await;
    let request = http::Request::get("/api/version")
        .header("connection", "upgrade, http2-settings")
        .header("upgrade", "h2c")
        .header("http2-settings", "AAMAAABkAAQAAP__");
    let response = server.send(Protocol::Http1, request.body(Full::<bytes::Bytes>::default()).unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "HTTP/1.1");
}

#[tokio::test]
async fn typed_body_is_checked_before_the_method() {
    async fn create(req: ApiRequest<Vec<u8>>, res: ApiResponse) -> Result {
        if req.method() != http::Method::POST {
            return Err(Error::new(405, "POST only"));
        }
        res.json(req.body())
    }
    let api = ApiRouter::new().route("/own", create).route("/methods", methods().post(create));
    for (path, status) in [("/own", 415), ("/methods", 405)] {
        assert_eq!(call(api.clone(), get(path)).await.status(), status, "{path}");
    }
}

#[tokio::test]
async fn raw_body_has_a_limit_without_parser() {
    async fn raw(req: ApiRequest<RawBody>, res: ApiResponse) -> Result {
        res.json(&req.body().len())
    }
    let off = RouteConfig::new().body_parser(false);
    let api = ApiRouter::new()
        .route("/raw", raw.config(off.clone()))
        .route("/more", raw.config(off.size_limit("2mb")));
    let table = api.routes().to_string();
    assert!(table.contains("{ bodyParser: false, sizeLimit: 2mb }"), "{table}");
    let large = || Body::from("x".repeat(1_100_000));
    for (path, status) in [("/raw", 413), ("/more", 200)] {
        assert_eq!(call(api.clone(), post_to(path, "text/plain", large())).await.status(), status, "{path}");
    }
}
