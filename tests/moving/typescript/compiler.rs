//! TypeScript's compiler, where Node is there: installed once, outside of the sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const VERSION: &str = "typescript@5.9.3";

pub(crate) struct Compiler {
    root: PathBuf,
}

/// Returns the compiler, or prints why there is none.
pub(crate) fn install() -> Option<Compiler> {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("typescript");
    fs::create_dir_all(&root).unwrap();
    let compiler = Compiler { root };
    if compiler.tsc().exists() {
        return Some(compiler);
    }
    let npm = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix"])
        .arg(&compiler.root)
        .arg(VERSION)
        .output();
    match npm {
        Ok(output) if output.status.success() => Some(compiler),
        Ok(output) => {
            println!("skipped: npm cannot install {VERSION}: {}", text(&output));
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

impl Compiler {
    fn tsc(&self) -> PathBuf {
        self.root.join("node_modules/typescript/bin/tsc")
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

    /// Compiles files in a folder to `out`, with the options of a Next.js app and stricter ones.
    pub(crate) fn compile(&self, folder: &Path, files: &[&str]) -> Result<(), String> {
        let output = Command::new("node")
            .arg(self.tsc())
            .args([
                "--strict",
                "--exactOptionalPropertyTypes",
                "--noUncheckedIndexedAccess",
                "--outDir",
                "out",
            ])
            .args(["--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom,dom.iterable"])
            .args(files)
            .current_dir(folder)
            .output()
            .map_err(|error| error.to_string())?;
        if output.status.success() { Ok(()) } else { Err(text(&output)) }
    }
}
