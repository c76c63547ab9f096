//! Writes the files of a crate, and never over one that is there.

mod krate;
mod route;

pub(crate) use krate::{Dependency, Server, imported, starter};
pub(crate) use route::route_file;

use anyhow::{Context as _, Result};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

/// A file that is to be written, with its path within the crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    pub(crate) fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }
}

/// Writes the files, and returns the paths of those that were not there.
pub(crate) fn write(out: &Path, files: &[File], dry_run: bool) -> Result<Vec<String>> {
    let mut created = Vec::new();
    for File { path, text } in files {
        let target = out.join(path);
        if dry_run {
            created.extend((!target.exists()).then(|| path.clone()));
            continue;
        }
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder)
                .with_context(|| format!("cannot create the folder `{}`", folder.display()))?;
        }
        // `create_new` fails for what exists, a link to nowhere included.
        match OpenOptions::new().write(true).create_new(true).open(&target) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())
                    .with_context(|| format!("cannot write `{}`", target.display()))?;
                created.push(path.clone());
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("cannot create `{}`", target.display())),
        }
    }
    Ok(created)
}

/// Formats new files with rustfmt, where there is one: long signatures and chains break as it breaks them.
pub(crate) fn format(out: &Path, created: &[String]) {
    let sources: Vec<_> = created.iter().filter(|path| path.ends_with(".rs")).collect();
    for chunk in sources.chunks(100) {
        let mut rustfmt = Command::new("rustfmt");
        rustfmt
            .args(["--edition", "2024"])
            .args(chunk)
            .current_dir(out)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if rustfmt.status().is_err() {
            return;
        }
    }
}
