//! Twelve apps: what is read of each is a snapshot, the crates compile, and every recorded request has the response of
//! Next.js through them.
//!
//! `UPDATE=1 cargo test` writes the snapshots again.

use crate::origin::{Exchange, Origin, Response, ask};
use crate::program::{apps, build, build_alone, files, library, run};
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const APPS: [&str; 12] = [
    "base-path",
    "config",
    "drafts",
    "iron-session",
    "methods",
    "mixed",
    "next-auth",
    "next-connect",
    "plain-js",
    "streams",
    "typescript",
    "wrappers",
];

/// Imports an app into the workspace, and returns what the import has said and written.
fn import(workspace: &Path, name: &str) -> String {
    // A copy beside the crate: the way from one to the other is as long on each machine, so that rustfmt breaks no other lines.
    let app = Path::new("cli/tests/apps").join(name);
    copy(&apps().join(name), &workspace.join(&app));
    let said = run(workspace, &["import", app.to_str().unwrap(), "--out", name, "--crate-path", &library()]);
    let code = i32::from(name == "mixed"); // one of its files is broken
    assert_eq!(said.code, Some(code), "{name}: {}", said.err);
    let mut snapshot = said.out;
    for (path, text) in files(&workspace.join(name)) {
        if path == "src/main.rs" || path.starts_with("src/pages/") {
            snapshot += &format!("\n==== {path}\n{}", without_place(&text));
        }
    }
    snapshot
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Replaces the relative path of the apps, which is another one on each machine.
fn without_place(text: &str) -> String {
    let line = |line: &str| {
        let written = line.split_once("cli/tests/apps/");
        let quoted = written.and_then(|(before, after)| Some((before.rsplit_once('"')?.0, after)));
        quoted.map_or_else(|| line.to_owned(), |(before, after)| format!("{before}\"APPS/{after}"))
    };
    text.split_inclusive('\n').map(line).collect()
}

fn compare(name: &str, snapshot: &str) {
    let path = apps().join(name).join("imported.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, snapshot).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let different = snapshot.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(snapshot == expected, "{}: {different:?}", path.display());
}

/// A server of an imported crate.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(program: &Path, folder: &Path, origin: &Origin) -> Self {
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env("ADDR", "127.0.0.1:0")
            .env("NEXT_ORIGIN", format!("http://{}", origin.address));
        command.env("NO_COLOR", "1").stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listening = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split("listening on http://").nth(1)?.split(',').next()?.to_owned()));
        Self { child, address: listening.unwrap() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A workspace of all crates, so that what they depend on is compiled once.
fn workspace() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("apps");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let members: Vec<_> = APPS.iter().map(|name| format!("{name:?}")).collect();
    let manifest = format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n", members.join(", "));
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    // The versions that the library is tested with.
    fs::copy(Path::new(&library()).join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    folder
}

#[test]
fn import_plan_equals_the_snapshot() {
    let folder = tempfile::tempdir().unwrap();
    for name in APPS {
        compare(name, &import(folder.path(), name));
    }
}

#[test]
fn imported_apps_compile_and_respond_as_recorded() {
    let _alone = build_alone();
    let workspace = workspace();
    for name in APPS {
        import(&workspace, name);
    }
    let programs = build(&workspace);

    for name in APPS {
        let text = fs::read_to_string(apps().join(name).join("exchanges.json")).unwrap();
        let exchanges: Vec<Exchange> = serde_json::from_str(&text).unwrap();
        let origin = Origin::start(exchanges.clone());
        let server = Server::start(&programs.join(name), &workspace.join(name), &origin);
        let address = server.address.parse().unwrap();
        for exchange in &exchanges {
            let found = ask(address, exchange);
            let Response { status, mut headers, body } = exchange.response.clone();
            headers.retain(|(name, _)| name != "content-length");
            headers.sort();
            let subject = format!("{name}: {} {}", exchange.method, exchange.target);
            assert_eq!(found, Response { status, headers, body }, "{subject}");
        }
        assert!(!origin.seen.lock().unwrap().is_empty(), "{name}");
    }
}
