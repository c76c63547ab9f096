//! How far the routes of a crate have moved.

use crate::program::{PACKAGE, app, library, run};
use serde_json::Value;
use std::fs;

#[test]
fn status_follows_a_move() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let post = "export default async function handler(req, res) {\n  if (req.method === 'GET') return res.json({});\n  \
                if (req.method === 'PUT') return res.redirect('/');\n}\n";
    app(
        &at.join("shop"),
        &[
            PACKAGE,
            ("next.config.js", "module.exports = { basePath: '/shop' };"),
            ("pages/api/hello.js", "export default function handler(req, res) { res.end(); }"),
            ("pages/api/post/[pid].js", post),
        ],
    );
    assert_eq!(run(at, &["import", "shop", "--crate-path", &library()]).code, Some(0));
    let status = || {
        let said = run(at, &["status", "shop-api"]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    assert_eq!(
        status(),
        "route            methods  state    needs     last comparison\n\
         /api/hello       every    proxied\n\
         /api/post/[pid]  GET PUT  proxied  redirect\n\n\
         0 of 2 routes have moved\n"
    );

    let file = at.join("shop-api/src/pages/api/post/[pid].rs");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("next::forward(req, res).await", "res.end()", 1)).unwrap();
    fs::write(
        at.join("shop-api/src/pages/api/hello.rs"),
        "pub async fn handler(_: ApiRequest, res: ApiResponse) -> Result { res.end() }",
    )
    .unwrap();
    fs::write(
        at.join("shop-api/src/pages/api/extra.rs"),
        "pub async fn handler(_: ApiRequest, res: ApiResponse) -> Result { res.end() }",
    )
    .unwrap();
    app(&at.join("shop"), &[("pages/api/later.js", "export default (req, res) => res.end();")]);
    let lines = [
        r#"{"method":"GET","path":"/shop/api/hello","route":null,"differences":["etag"]}"#,
        r#"{"method":"GET","path":"/shop/api/hello","route":null,"differences":[]}"#,
        r#"{"method":"GET","path":"/shop/api/post/7","route":"/api/post/[pid]","differences":["$.title"]}"#,
        r#"{"method":"GET","pa"#,
    ];
    fs::write(at.join("shop-api/shadow.jsonl"), lines.join("\n")).unwrap();
    assert_eq!(
        status(),
        "route            methods  state           needs     last comparison\n\
         /api/extra       every    moved\n\
         /api/hello       every    moved                     equal\n\
         /api/later       every    proxied\n\
         /api/post/[pid]  GET PUT  moved, but PUT  redirect  GET: $.title\n\n\
         2 of 4 routes have moved\n"
    );
    let json: Value = serde_json::from_str(&run(at, &["status", "shop-api", "--json"]).out).unwrap();
    assert_eq!(json[3]["state"], "partly");
    assert_eq!(json[3]["proxied"][0], "PUT");
    assert_eq!(json[3]["differs"]["GET"][0], "$.title");
    assert_eq!((&json[1]["file"], &json[1]["compared"]), (&"pages/api/hello.js".into(), &2.into()));

    // The app is gone: what the crate has is still known.
    fs::remove_dir_all(at.join("shop")).unwrap();
    assert!(status().ends_with("2 of 3 routes have moved\n"));
}
