//! Runs the program, and folders for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a run has said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs `cargo api-routes` as cargo would.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-api-routes"));
    command
        .arg("api-routes")
        .args(arguments)
        .current_dir(folder)
        .env_remove("ADDR")
        .env_remove("NEXT_ORIGIN");
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: status.code(), out: text(stdout), err: text(stderr) }
}

/// The library, for `--crate-path`.
pub(crate) fn library() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_str().unwrap().to_owned()
}

/// The apps of the tests.
pub(crate) fn apps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/apps")
}

/// An app of its own, with these files.
pub(crate) fn app(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// A package that depends on Next.js.
pub(crate) const PACKAGE: (&str, &str) =
    ("package.json", r#"{ "name": "shop", "dependencies": { "next": "16.2.2" } }"#);

/// A route file.
pub(crate) const HELLO: (&str, &str) =
    ("pages/api/hello.js", "export default function handler(req, res) { res.end(); }");

/// Imports an app with one route file, of the route `/api/x`, and returns what was said and the Rust file of the route.
pub(crate) fn import_route(file: &str, text: &str) -> (Said, String) {
    let folder = tempfile::tempdir().unwrap();
    app(&folder.path().join("shop"), &[PACKAGE, (file, text)]);
    let said = run(folder.path(), &["import", "shop"]);
    let rust = fs::read_to_string(folder.path().join("shop-api/src/pages/api/x.rs")).unwrap_or_default();
    (said, rust)
}

/// Every file below a folder, with its text, sorted by its path.
pub(crate) fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(inner).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Generated code has no warnings. For all builds, so that each dependency is compiled once.
pub(crate) const FLAGS: &str = "-D warnings";

/// Builds all crates of a folder without a warning, and returns where the programs are.
pub(crate) fn build(folder: &Path) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("target");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--workspace"]).current_dir(folder).env("CARGO_TARGET_DIR", &target);
    cargo.env("RUSTFLAGS", FLAGS).env("CARGO_PROFILE_DEV_DEBUG", "0").env_remove("CARGO_BUILD_TARGET");
    assert!(cargo.status().unwrap().success());
    target.join("debug")
}

/// One build at a time: they share a target directory, and cargo would let the others wait.
pub(crate) fn build_alone() -> MutexGuard<'static, ()> {
    static BUILDS: Mutex<()> = Mutex::new(());
    BUILDS.lock().unwrap_or_else(PoisonError::into_inner)
}
