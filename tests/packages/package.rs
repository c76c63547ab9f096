//! A package of a user, made in a temporary folder and built by the same cargo.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Asks its own router for each path on the command line, or prints the table.
const MAIN: &str = r#"
tower_api_routes::include_routes!();

use std::future::Future;
use std::task::{Context, Poll, Waker};
use tower_service::Service;

/// Nothing here waits for anything.
fn ready<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!(),
    }
}

fn main() {
    println!("file {}", env!("TOWER_API_ROUTES"));
    let mut api = router();
    print!("{}", api.routes());
    for path in std::env::args().skip(1) {
        let request = http::Request::get(path.as_str()).body(tower_api_routes::Body::empty()).unwrap();
        let response = ready(api.call(request)).unwrap();
        let status = response.status().as_u16();
        let mut body = response.into_body();
        let mut text = Vec::new();
        while let Some(piece) = ready(body.chunk()).unwrap() {
            text.extend_from_slice(&piece);
        }
        println!("{path} {status} {}", String::from_utf8(text).unwrap());
    }
}
"#;

/// Calls the build script's function in the usual way.
pub(crate) const BUILD: &str = "fn main() { tower_api_routes::build::routes(\"src/pages\"); }";

/// The source of a route that responds with a text and with its parameters.
pub(crate) fn route_source(text: &str) -> String {
    format!(
        "use tower_api_routes::{{ApiRequest, ApiResponse, Result}};\n\
         pub async fn handler(req: ApiRequest, res: ApiResponse) -> Result {{ res.json(&({text:?}, req.query())) }}\n"
    )
}

pub(crate) struct Package {
    pub(crate) folder: PathBuf,
    name: String,
}

/// What a run of cargo gave.
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Package {
    /// A fresh package, in a folder with a space in its path. Its dependencies are those of this repository's lock file, so
    /// that nothing is looked for on the network.
    pub(crate) fn new(name: &str) -> Self {
        let folder = temporary().join("build files").join(name);
        _ = fs::remove_dir_all(&folder);
        let package = Self { folder, name: name.into() };
        let library = env!("CARGO_MANIFEST_DIR");
        package.write(
            "Cargo.toml",
            &format!(
                r#"
[package]
name = "{name}"
version = "0.1.0"
edition = "2024"
description = "A user's package"
license = "MIT"
repository = "https://example.com"

[workspace]

[dependencies]
http = "1"
serde = "1"
tokio = "1"
tower = {{ version = "0.5", features = ["load-shed"] }}
tower-service = "0.3"
tower-api-routes = {{ version = "0", path = {library:?}, default-features = false, features = ["serve"] }}

[build-dependencies]
tower-api-routes = {{ version = "0", path = {library:?}, default-features = false, features = ["build"] }}
"#
            ),
        );
        fs::copy(format!("{library}/Cargo.lock"), package.folder.join("Cargo.lock")).unwrap();
        package.write("build.rs", BUILD);
        package.write("src/main.rs", MAIN);
        package
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A route that responds with its own path.
    pub(crate) fn route(&self, path: &str) {
        self.write(path, &route_source(path));
    }

    pub(crate) fn remove(&self, path: &str) {
        let path = self.folder.join(path);
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }

    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::rename(self.folder.join(from), self.folder.join(to)).unwrap();
    }

    /// Runs cargo in the package, without the network and with one target folder for all packages.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Output {
        cargo(&self.folder, arguments)
    }

    /// Builds the package, which must succeed; returns the warnings of its build script.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let built = self.cargo(&["build"]);
        assert!(built.success, "{}", built.stderr);
        let prefix = format!("warning: {}@0.1.0: ", self.name);
        built.stderr.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
    }

    /// Builds the package, which must succeed without a warning, and runs it.
    pub(crate) fn run(&self, paths: &[&str]) -> String {
        let built = self.cargo(&["build"]);
        assert!(built.success && !built.stderr.contains("warning"), "{}", built.stderr);
        self.run_built(paths)
    }

    /// Runs the program as it was built last.
    pub(crate) fn run_built(&self, paths: &[&str]) -> String {
        let program = target().join("debug").join(format!("{}{}", self.name, std::env::consts::EXE_SUFFIX));
        let output = Command::new(program).args(paths).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks the package, which builds without a warning, for paths: each must give this response.
    pub(crate) fn serves(&self, cases: &[(&str, &str)]) {
        self.run(&[]);
        self.built_serves(cases);
    }

    /// Asks the program for paths as it was built last.
    pub(crate) fn built_serves(&self, cases: &[(&str, &str)]) {
        let paths: Vec<&str> = cases.iter().map(|(path, _)| *path).collect();
        let output = self.run_built(&paths);
        for (path, response) in cases {
            assert!(
                output.lines().any(|line| line == format!("{path} {response}")),
                "{path} does not give {response}: {output}"
            );
        }
    }

    /// The build fails, and says each of these.
    pub(crate) fn fails(&self, sentences: &[&str]) {
        let output = self.cargo(&["build"]);
        assert!(!output.success, "it compiles: {sentences:?}");
        for sentence in sentences {
            assert!(output.stderr.contains(sentence), "nothing says {sentence:?}: {}", output.stderr);
        }
    }
}

fn temporary() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn target() -> PathBuf {
    temporary().join("build files target")
}

pub(crate) fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--color", "never"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target())
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    Output {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
