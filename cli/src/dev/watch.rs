//! Changes of the crate's sources.

use anyhow::{Context as _, Result};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _, recommended_watcher};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::{Receiver, channel};

/// How long nothing has to change.
const QUIET: Duration = Duration::from_millis(100);

/// The time and the length of each source file.
type Sources = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

/// Tells when a source file has changed.
pub(super) struct Changes {
    folder: PathBuf,
    sources: Sources,
    what: PathBuf,
    events: Receiver<()>,
    _watcher: RecommendedWatcher,
}

impl Changes {
    /// Watches `src`, and the files beside it.
    pub(super) fn watch(folder: &Path) -> Result<Self> {
        let (sender, events) = channel(1);
        let mut watcher = recommended_watcher(move |event: notify::Result<notify::Event>| {
            // To read a file or a folder is an event, too: a build does it, and so does this program below.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // Full: the change is known already.
                let _ = sender.try_send(());
            }
        })
        .context("cannot watch files")?;
        for (path, mode) in
            [(folder.join("src"), RecursiveMode::Recursive), (folder.to_owned(), RecursiveMode::NonRecursive)]
        {
            let watched = watcher.watch(&path, mode);
            watched.with_context(|| format!("cannot watch `{}`", path.display()))?;
        }
        let sources = sources(folder);
        Ok(Self { folder: folder.to_owned(), sources, what: PathBuf::new(), events, _watcher: watcher })
    }

    /// Waits for a change. Whether there is one, the times of the files say.
    pub(super) async fn next(&mut self) {
        loop {
            let sources = sources(&self.folder);
            if sources != self.sources {
                self.what = changed(&self.sources, &sources).unwrap_or_default();
                self.sources = sources;
                return;
            }
            if self.events.recv().await.is_none() {
                std::future::pending::<()>().await;
            }
            // Several events of one change are one: an editor writes a copy, removes the file and renames the copy.
            while tokio::time::timeout(QUIET, self.events.recv()).await.is_ok_and(|event| event.is_some()) {}
        }
    }

    /// The file of the last change, relative to the crate.
    pub(super) fn what(&self) -> &Path {
        self.what.strip_prefix(&self.folder).unwrap_or(&self.what)
    }
}

fn changed(old: &Sources, new: &Sources) -> Option<PathBuf> {
    let differs = |(path, state): (&PathBuf, _), other: &Sources| {
        (other.get(path) != Some(state)).then(|| path.clone())
    };
    new.iter()
        .find_map(|entry| differs(entry, old))
        .or_else(|| old.iter().find_map(|entry| differs(entry, new)))
}

fn sources(folder: &Path) -> Sources {
    let mut found = Sources::new();
    let mut add = |path: PathBuf| {
        if let Ok(metadata) = path.metadata() {
            found.insert(path, (metadata.modified().ok(), metadata.len()));
        }
    };
    for name in ["Cargo.toml", "build.rs"] {
        add(folder.join(name));
    }
    let mut folders = vec![folder.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            // Not through links: one may lead back.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else {
                add(entry.path());
            }
        }
    }
    found
}
