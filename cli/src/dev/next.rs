//! `next dev`, or a Next.js that runs already.

use super::children::Child;
use super::server::free_port;
use crate::app::App;
use crate::cli::Dev;
use crate::manifest::Manifest;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpStream;

/// The Next.js app behind the Rust server, if there is one.
#[derive(Debug, Default)]
pub(super) struct Next {
    origin: Option<String>,
    /// Whether it was started here.
    started: bool,
    /// The folder of its build.
    dist: Option<PathBuf>,
    /// The variables of its `.env` files: a secret of sessions is one of both servers.
    variables: Vec<(String, String)>,
}

impl Next {
    /// Starts `next dev`, unless the options say otherwise.
    pub(super) fn start(dev: &Dev, manifest: &Manifest, folder: &Path) -> Result<(Self, Option<Child>)> {
        if dev.no_next {
            return Ok((Self::default(), None));
        }
        let app = manifest.app(folder).and_then(|app| App::find(&app).ok());
        if let Some(origin) = &dev.next_origin {
            let dist = app.as_ref().map(|app| app.root.join(&app.settings.dist));
            let variables = app.map(|app| variables(&app.root)).unwrap_or_default();
            return Ok((Self { origin: Some(origin.clone()), started: false, dist, variables }, None));
        }
        let Some(app) = app else {
            return match &manifest.next_app {
                None => Ok((Self::default(), None)),
                Some(path) => bail!(
                    "`{path}`, the Next.js app of Cargo.toml, is not there: pass --next-origin or --no-next"
                ),
            };
        };
        let Some(next) = installed(&app.root) else {
            bail!(
                "`next` is not installed in `{}`: run `npm install` there, or pass --next-origin or --no-next",
                app.root.display()
            );
        };
        let port = free_port()?;
        let child = Child::start(Path::new("node"), |command| {
            command
                .arg(next)
                .args(["dev", "-H", "127.0.0.1", "-p", &port.to_string()])
                .current_dir(&app.root);
            command.env_remove("PORT");
        })?;
        // Since Next.js 16, `next dev` has a build of its own beside that of `next build`.
        let dist = app.root.join(&app.settings.dist);
        let dist = if app.major("next").is_some_and(|major| major >= 16) { dist.join("dev") } else { dist };
        let next = Self {
            origin: Some(format!("http://127.0.0.1:{port}")),
            started: true,
            dist: Some(dist),
            variables: variables(&app.root),
        };
        Ok((next, Some(child)))
    }

    pub(super) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    pub(super) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    pub(super) fn dist(&self) -> Option<String> {
        self.dist.as_ref().map(|dist| dist.display().to_string())
    }

    /// Waits until the Next.js that was started here listens: the Rust server reads what it has written.
    pub(super) async fn ready(&self) {
        let Some(origin) = self.origin.as_ref().filter(|_| self.started) else { return };
        let address = origin.trim_start_matches("http://");
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Returns the script of `next`, as Node finds it: in the app, or in a folder above it.
fn installed(root: &Path) -> Option<PathBuf> {
    let scripts = root.ancestors().map(|folder| folder.join("node_modules/next/dist/bin/next"));
    scripts.into_iter().find(|script| script.is_file())
}

/// Reads the files that `next dev` reads, in its order: the first that has a variable counts.
fn variables(root: &Path) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for name in [".env.development.local", ".env.local", ".env.development", ".env"] {
        // What is no variable there is none for Next.js either.
        let lines = dotenvy::from_path_iter(root.join(name)).into_iter().flatten().flatten();
        for (name, value) in lines {
            if !found.iter().any(|(known, _)| *known == name) {
                found.push((name, value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_env_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "A=1\nB='two words' # why\n").unwrap();
        std::fs::write(folder.path().join(".env.local"), "A=3\n").unwrap();
        let expected =
            [("A", "3"), ("B", "two words")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables(folder.path()), expected);
    }
}
