//! What the program says when it cannot do something: a sentence, and the exit code 2.

use crate::program::{PACKAGE, app, run};
use std::fs;

const ROUTE: (&str, &str) =
    ("pages/api/hello.js", "export default function handler(req, res) { res.end(); }");

#[test]
fn errors_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    app(&at.join("shop"), &[PACKAGE, ROUTE]);
    app(&at.join("empty"), &[]);
    app(&at.join("express"), &[("package.json", r#"{ "name": "x" }"#), ROUTE]);
    app(&at.join("json"), &[("package.json", "{")]);
    app(&at.join("app-router"), &[PACKAGE, ("app/api/x/route.ts", "export function GET() {}")]);
    app(
        &at.join("edge"),
        &[
            PACKAGE,
            ("pages/api/x.js", "export const config = { runtime: 'edge' };\nexport default () => {};"),
        ],
    );
    app(&at.join("full"), &[("notes.txt", "mine")]);
    app(&at.join("other"), &[("Cargo.toml", "[package]\nname = \"other\"\n")]);
    app(&at.join("broken"), &[("Cargo.toml", "[package\n")]);
    app(at, &[("x.har", "{}"), ("empty.har", r#"{ "log": { "entries": [] } }"#)]);
    fs::create_dir_all(at.join("empty")).unwrap();
    let cases: [(&[&str], &str); 22] = [
        (&["import", "nowhere"], "there is no folder `nowhere`: pass the folder of a Next.js app"),
        (&["import", "empty"], "`empty` is no app: it has no package.json"),
        (&["import", "express"], "`express` is no Next.js app: its package.json does not depend on `next`"),
        (&["import", "json"], "package.json`: EOF while parsing"),
        (&["import", "app-router"], "the 1 route handlers of the App Router stay in Next.js"),
        (&["import", "edge"], "none of the 1 files in `edge` is a route that can move"),
        (&["import", "shop", "--out", "full"], "`full` is not empty, and was not written by an import"),
        (&["import", "shop", "--out", "other"], "`other` is not empty, and was not written by an import"),
        (&["import", "shop", "--crate-path", "other"], "`other` is the crate other, not tower-api-routes"),
        (&["import", "shop", "--crate-path", "empty"], "`empty` is no crate: it has no Cargo.toml"),
        (&["new", "2fast"], "`2fast` is no name of a crate"),
        (&["new", "a b"], "`a b` is no name of a crate"),
        (&["new", "né"], "`né` is no name of a crate"),
        (&["new", "full"], "`full` exists already"),
        (&["new", "serde"], "`serde` is a name of Rust, of cargo or of a dependency: take another name"),
        (&["new", "build"], "`build` is a name of Rust, of cargo or of a dependency"),
        (&["new", "fn"], "`fn` is a name of Rust, of cargo or of a dependency"),
        (&["status", "empty"], "`empty` is no crate"),
        (&["status", "broken"], "cannot read `broken/Cargo.toml`"),
        (&["replay", "none.har", "http://a", "http://b"], "cannot read `none.har`"),
        (&["replay", "x.har", "http://a", "http://b"], "the file is no HAR"),
        (&["replay", "empty.har", "a b", "http://b"], "a b"),
    ];
    for (arguments, message) in cases {
        let said = run(at, arguments);
        assert_eq!(said.code, Some(2), "{arguments:?}: {}{}", said.out, said.err);
        assert!(said.err.starts_with("error: ") && said.err.contains(message), "{arguments:?}: {}", said.err);
    }
    assert!(!at.join("shop-api").exists());
}

#[test]
fn help_is_a_page_to_learn_from() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--help"][..], &["import", "replay", "The first minutes", "Exit codes"][..]),
        (&["import", "--help"], &["--out <DIR>", "--dry-run", "--crate-path <DIR>", "never written again"]),
        (&["replay", "--help"], &["--method <METHOD>", "--ignore <PATH>", "HAR"]),
        (&["dev", "--help"], &["--keep-last-good", "30 seconds"]),
    ] {
        let said = run(folder.path(), arguments);
        assert_eq!(said.code, Some(0), "{}", said.err);
        for word in words {
            assert!(said.out.contains(word), "{arguments:?}: {}", said.out);
        }
    }
}
