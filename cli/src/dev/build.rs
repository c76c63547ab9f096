//! Runs `cargo build`.

use super::children::Child;
use anyhow::{Result, anyhow};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};

/// What a build has made.
#[derive(Debug)]
pub(super) enum Built {
    Program(PathBuf),
    /// The text of cargo and rustc, without colours.
    Failed(String),
}

/// A line of cargo's messages, as far as it is about a program.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    #[serde(default)]
    manifest_path: PathBuf,
}

/// Builds the crate. Dropping the future ends the build.
pub(super) async fn build(folder: &Path, release: bool) -> Result<Built> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut child = Child::start(Path::new(&cargo), |command| {
        command
            .args(["build", "--message-format=json-render-diagnostics"])
            .args(release.then_some("--release"));
        command.current_dir(folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What cargo sets for this program is not for the build.
        command.env_remove("CARGO_MANIFEST_DIR").env_remove("CARGO_PKG_NAME");
        if anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never {
            command.env("CARGO_TERM_COLOR", "always");
        }
    })?;
    let (Some(stdout), Some(stderr)) = (child.stdout(), child.stderr()) else {
        return Err(anyhow!("cargo has no output"));
    };
    let manifest = folder.join("Cargo.toml");
    let programs = async {
        let (mut program, mut lines) = (None, BufReader::new(stdout).lines());
        while let Ok(Some(line)) = lines.next_line().await {
            let Ok(message) = serde_json::from_str::<Message>(&line) else { continue };
            // A test or an example of the same package comes with `--all-targets` only.
            program = message.executable.filter(|_| message.manifest_path == manifest).or(program);
        }
        program
    };
    let (program, text) = tokio::join!(programs, tee(stderr, usize::MAX));
    let status = child.wait().await?;
    match program {
        Some(program) if status.success() => Ok(Built::Program(program)),
        None if status.success() => {
            Ok(Built::Failed("the crate has no program: it needs a src/main.rs".into()))
        }
        _ => Ok(Built::Failed(text)),
    }
}

/// Copies lines to the terminal, and returns the last of them without colours.
pub(super) async fn tee(from: impl AsyncRead + Unpin, last: usize) -> String {
    let mut kept = std::collections::VecDeque::new();
    let mut reader = BufReader::new(from);
    let mut line = Vec::new();
    // By bytes: what a program writes need not be UTF-8.
    while (&mut reader).take(1 << 20).read_until(b'\n', &mut line).await.is_ok_and(|read| read > 0) {
        let text = String::from_utf8_lossy(&line).into_owned();
        anstream::eprint!("{text}");
        kept.push_back(anstream::adapter::strip_str(&text).to_string());
        if kept.len() > last {
            kept.pop_front();
        }
        line.clear();
    }
    kept.into_iter().collect()
}
