//! The tools of a front end, where Node is there: installed once, outside of the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PACKAGES: [&str; 3] = ["openapi-typescript@7.13.0", "openapi-fetch@0.17.0", "typescript@5.9.3"];

pub(crate) struct Tools {
    root: PathBuf,
}

/// Returns the tools, or prints why there are none.
pub(crate) fn install() -> Option<Tools> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("front-end");
    fs::create_dir_all(&root).unwrap();
    let tools = Tools { root };
    if PACKAGES.iter().all(|package| tools.module(package.split('@').next().unwrap()).exists()) {
        return Some(tools);
    }
    let npm = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix"])
        .arg(&tools.root)
        .args(PACKAGES)
        .output();
    match npm {
        Ok(output) if output.status.success() => Some(tools),
        Ok(output) => {
            println!("skipped: npm cannot install {PACKAGES:?}: {}", text(&output));
            None
        }
        Err(error) => {
            println!("skipped: there is no npm: {error}");
            None
        }
    }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text)).concat()
}

impl Tools {
    fn module(&self, name: &str) -> PathBuf {
        self.root.join("node_modules").join(name)
    }

    /// Returns an empty folder.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.root.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Writes the types of a document into a folder, as `api.d.ts`.
    pub(crate) fn types(&self, folder: &Path, document: &str) {
        fs::write(folder.join("api.json"), document).unwrap();
        let cli = self.module("openapi-typescript/bin/cli.js");
        let output = node(&[cli.to_str().unwrap(), "api.json", "--output", "api.d.ts"], folder);
        assert!(output.status.success(), "{}", text(&output));
    }

    /// Compiles a file in a folder to `out`, with the options of a Next.js app and stricter ones.
    pub(crate) fn compile(&self, folder: &Path, file: &str) -> Result<(), String> {
        let tsc = self.module("typescript/bin/tsc");
        let strict =
            ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--outDir", "out"];
        let target = ["--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom,dom.iterable"];
        let output = node(&[&[tsc.to_str().unwrap()][..], &strict, &target, &[file]].concat(), folder);
        if output.status.success() { Ok(()) } else { Err(text(&output)) }
    }
}

/// Runs Node in a folder.
pub(crate) fn node(arguments: &[&str], folder: &Path) -> Output {
    Command::new("node").args(arguments).current_dir(folder).output().unwrap()
}
