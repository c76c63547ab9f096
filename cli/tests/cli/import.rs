//! What an import writes and what it leaves alone.

use crate::program::{HELLO, PACKAGE, app, files, library, run};
use std::fs;

#[test]
fn a_dry_run_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    app(&folder.path().join("shop"), &[PACKAGE, HELLO]);
    let before = files(folder.path());
    let said = run(folder.path(), &["import", "shop", "--dry-run"]);
    assert!(
        said.code == Some(0) && said.out.contains("7 files would be written in shop-api"),
        "{}",
        said.out
    );
    let said = run(folder.path(), &["new", "blog", "--dry-run"]);
    assert!(
        said.code == Some(0) && said.out.contains("would write src/pages/api/post/[pid].rs"),
        "{}",
        said.out
    );
    assert_eq!(files(folder.path()), before);
}

#[test]
fn a_second_import_adds_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    app(&at.join("shop"), &[PACKAGE, HELLO]);
    assert_eq!(run(at, &["import", "shop", "--crate-path", &library()]).code, Some(0));
    let crate_folder = at.join("shop-api");
    for (path, _) in files(&crate_folder) {
        if path != "Cargo.toml" {
            fs::write(crate_folder.join(path), "mine").unwrap();
        }
    }
    let manifest = fs::read_to_string(crate_folder.join("Cargo.toml")).unwrap() + "# mine\n";
    fs::write(crate_folder.join("Cargo.toml"), &manifest).unwrap();
    let before = files(&crate_folder);

    app(
        &at.join("shop"),
        &[("pages/api/new.js", "export default async (req, res) => { await res.revalidate('/'); };")],
    );
    let said = run(at, &["import", "shop"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.contains("1 files written") && said.out.contains("needs the features draft, revalidate"),
        "{}",
        said.out
    );
    let mut after = files(&crate_folder);
    let new = after.iter().position(|(path, _)| path == "src/pages/api/new.rs").unwrap();
    assert!(after.remove(new).1.contains("next::forward(req, res).await"));
    assert_eq!(after, before);
}

#[test]
fn a_syntax_error_has_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let broken = ("pages/api/broken.ts", "export default function (req, res) {\n  res.json({;\n}\n");
    app(
        &folder.path().join("shop"),
        &[PACKAGE, HELLO, broken, ("next.config.js", "module.exports = {\n  basePath '/x',\n};\n")],
    );
    let said = run(folder.path(), &["import", "shop"]);
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("pages/api/broken.ts:2:13: "), "{}", said.out);
    assert!(said.out.contains("next.config.js:2:"), "{}", said.out);
    assert!(folder.path().join("shop-api/src/pages/api/hello.rs").is_file());
    assert!(!folder.path().join("shop-api/src/pages/api/broken.rs").exists());
}

#[test]
fn folder_of_any_name_has_a_crate() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    app(&at.join("shop"), &[PACKAGE, HELLO]);
    let cases = [
        ("My Server", "my-server"),
        ("日本", "app"),
        ("2048", "app-2048"),
        ("serde", "serde-api"),
        ("build", "build-api"),
        ("fn", "fn-api"),
        ("My_crate", "My_crate"),
    ];
    for (out, name) in cases {
        assert_eq!(run(at, &["import", "shop", "--out", out]).code, Some(0), "{out}");
        let manifest = fs::read_to_string(at.join(out).join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "{out}: {manifest}");
    }
}

#[test]
fn colours_can_be_turned_off_and_on() {
    let folder = tempfile::tempdir().unwrap();
    app(&folder.path().join("shop"), &[PACKAGE, HELLO]);
    for (color, has) in [("auto", false), ("never", false), ("always", true)] {
        let said = run(folder.path(), &["import", "shop", "--dry-run", "--color", color]);
        assert_eq!(said.out.contains('\x1b'), has, "{color}");
    }
}

#[test]
fn drafts_optimize_what_derives_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for (name, line) in [("draft", "res.setDraftMode({ enable: true });"), ("plain", "")] {
        let handler = format!("export default function handler(req, res) {{ {line} res.end(); }}");
        app(&at.join(name), &[PACKAGE, ("pages/api/preview.js", &handler)]);
        assert_eq!(run(at, &["import", name, "--out", &format!("{name}-api")]).code, Some(0));
        let manifest = fs::read_to_string(at.join(format!("{name}-api/Cargo.toml"))).unwrap();
        assert_eq!(manifest.contains("\npbkdf2.opt-level = 3\n"), name == "draft", "{manifest}");
    }
}

#[test]
fn the_library_is_the_one_of_the_options() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    app(&at.join("shop"), &[PACKAGE, HELLO]);
    let library = library();
    let cases: [(&[&str], &str); 3] = [
        (&["--out", "clone"], "path = \""),
        (&["--out", "path", "--crate-path", &library], "path = \""),
        (&["--out", "version", "--crate-version", "0.1.3"], "version = \"0.1.3\""),
    ];
    for (options, dependency) in cases {
        assert_eq!(run(at, &[&["import", "shop"], options].concat()).code, Some(0));
        let manifest = fs::read_to_string(at.join(options[1]).join("Cargo.toml")).unwrap();
        let line = format!("tower-api-routes = {{ {dependency}");
        assert_eq!(manifest.matches(&line).count(), 2, "{manifest}");
    }
    assert_eq!(run(at, &["import", "shop", "--crate-path", &library, "--crate-version", "1"]).code, Some(2));
}
