//! What `docs/operating.md` says beside its examples.

use crate::common::net::{self, Protocol};
use http_body_util::{BodyExt as _, Empty};
use std::fs;
use std::path::Path;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter, Result, serve};

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
fn nothing_is_written_to_the_disk_at_run_time() {
    let (root, mut files, mut users) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), 0, Vec::new());
    sources(&root, &mut |path, text| {
        files += 1;
        // Examples, which begin with `///` or `//!`, are a user's code.
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        if code
            .into_iter()
            .any(|line| ["std::fs", "tokio::fs", "fs::", "File::"].iter().any(|name| line.contains(name)))
        {
            users.push(path.strip_prefix(&root).unwrap().to_owned());
        }
    });
    assert!(files > 100, "only {files} files were read");
    // A build script writes, and the keys of a Next.js build are read.
    users.retain(|path| !path.starts_with("build"));
    assert_eq!(users, [Path::new("draft/props.rs")]);
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
    let response = server.send(Protocol::Http1, request.body(Empty::<bytes::Bytes>::new()).unwrap()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "HTTP/1.1");
}
