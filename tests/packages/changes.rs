//! What cargo does with a package whose routes are files.

use crate::package::{Package, cargo, route_source};
use std::fs;
use std::path::Path;

#[test]
fn every_change_is_noticed_by_the_next_build() {
    let package = Package::new("changes");
    package.route("src/pages/api/a.rs");
    package.serves(&[("/api/a", r#"200 ["src/pages/api/a.rs",{}]"#), ("/api/b", "404 Not Found")]);
    let generated = || {
        let output = package.run(&[]);
        let path = output.lines().next().and_then(|line| line.strip_prefix("file ")).unwrap().to_owned();
        fs::metadata(path).unwrap().modified().unwrap()
    };
    let first = generated();

    // Nothing changed: nothing is compiled, and no build script runs.
    let again = package.cargo(&["build", "-v"]);
    let idle = again.stderr.contains("Fresh changes v0.1.0")
        && !again.stderr.contains("Compiling")
        && !again.stderr.contains("Running");
    assert!(again.success && idle, "{}", again.stderr);

    // A route is edited: the list of files is the same, and not written again.
    package.write("src/pages/api/a.rs", &route_source("edited"));
    package.serves(&[("/api/a", r#"200 ["edited",{}]"#)]);
    assert_eq!(generated(), first, "the same text was written again");

    // One more, beside it, in a new folder, and in one whose name starts with a dot.
    package.route("src/pages/api/b.rs");
    package.route("src/pages/.well-known/openid.rs");
    package.route("src/pages/api/deep/er/[id].rs");
    package.serves(&[
        ("/api/a", r#"200 ["edited",{}]"#),
        ("/api/b", r#"200 ["src/pages/api/b.rs",{}]"#),
        ("/api/deep/er/1", r#"200 ["src/pages/api/deep/er/[id].rs",{"id":"1"}]"#),
        ("/.well-known/openid", r#"200 ["src/pages/.well-known/openid.rs",{}]"#),
    ]);
    assert!(generated() > first);

    // One more in a dot folder that was there before, and then one edited there.
    package.route("src/pages/.well-known/jwks.rs");
    package.serves(&[("/.well-known/jwks", r#"200 ["src/pages/.well-known/jwks.rs",{}]"#)]);
    package.write("src/pages/.well-known/jwks.rs", &route_source("edited"));
    package.serves(&[("/.well-known/jwks", r#"200 ["edited",{}]"#)]);

    // A file and a folder are renamed.
    package.rename("src/pages/api/b.rs", "src/pages/api/c.rs");
    package.rename("src/pages/api/deep/er", "src/pages/api/deep/[x]");
    package.serves(&[
        ("/api/b", "404 Not Found"),
        ("/api/c", r#"200 ["src/pages/api/b.rs",{}]"#),
        ("/api/deep/er/1", r#"200 ["src/pages/api/deep/er/[id].rs",{"x":"er","id":"1"}]"#),
    ]);

    // Deleted.
    package.remove("src/pages/api/c.rs");
    package.remove("src/pages/api/deep");
    package.remove("src/pages/.well-known/jwks.rs");
    package.serves(&[
        ("/api/a", r#"200 ["edited",{}]"#),
        ("/api/c", "404 Not Found"),
        ("/api/deep/er/1", "404 Not Found"),
        ("/.well-known/jwks", "404 Not Found"),
        ("/.well-known/openid", r#"200 ["src/pages/.well-known/openid.rs",{}]"#),
    ]);

    // A helper is edited: cargo knows it as a module.
    package.write("src/pages/api/_word.rs", "pub const WORD: &str = \"one\";");
    package.write("src/pages/api/a.rs", &route_source("").replace("\"\"", "super::_word::WORD"));
    package.serves(&[("/api/a", r#"200 ["one",{}]"#)]);
    package.write("src/pages/api/_word.rs", "pub const WORD: &str = \"two\";");
    package.serves(&[("/api/a", r#"200 ["two",{}]"#)]);
}

#[test]
fn package_can_be_made_and_verified() {
    let package = Package::new("published");
    package.route("src/pages/api/hello.rs");
    package.route("src/pages/api/post/[pid].rs");
    // Without git, cargo packs a folder with a dot only if `include` names it.
    package.route("src/pages/.well-known/openid.rs");
    let manifest = fs::read_to_string(package.folder.join("Cargo.toml")).unwrap();
    package.write(
        "Cargo.toml",
        &manifest.replace("[workspace]", "include = [\"/src\", \"/build.rs\"]\n[workspace]"),
    );
    package.write("src/pages/api/_helper.rs", "");
    // The packed manifest has no path: the library comes from the registry, for which this stands.
    let patch = format!("patch.crates-io.tower-api-routes.path={:?}", env!("CARGO_MANIFEST_DIR"));
    let output = package.cargo(&["package", "--allow-dirty", "--config", &patch]);
    assert!(output.success && output.stderr.contains("Verifying published"), "{}", output.stderr);
    let list = package.cargo(&["package", "--allow-dirty", "--list", "--config", &patch]);
    for file in [
        "src/pages/api/hello.rs",
        "src/pages/api/post/[pid].rs",
        "src/pages/.well-known/openid.rs",
        "src/pages/api/_helper.rs",
        "build.rs",
    ] {
        assert!(list.stdout.lines().any(|line| line == file), "{}", list.stdout);
    }
}

#[test]
fn a_build_script_compiles_nothing_but_this_crate() {
    let library = Path::new(env!("CARGO_MANIFEST_DIR"));
    let features = ["--no-default-features", "--features", "build"];
    let tree =
        cargo(library, &[&["tree", "--edges", "normal,build", "--prefix", "none"][..], &features].concat());
    assert!(tree.success, "{}", tree.stderr);
    assert_eq!(tree.stdout.lines().count(), 1, "{}", tree.stdout);
    let check = cargo(library, &[&["check", "--lib"][..], &features].concat());
    assert!(check.success && !check.stderr.contains("warning"), "{}", check.stderr);
}
