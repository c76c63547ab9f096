//! What the shadow and a replay have found: a line of JSON for each comparison.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use tower_api_routes::{ApiRequest, ApiResponse, ApiRouter};

/// The files that have comparisons, in the folder of a crate.
pub(crate) const SHADOW: &str = "shadow.jsonl";
pub(crate) const REPLAY: &str = "replay.jsonl";

/// One comparison.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Line {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The route, if the new server has said it.
    pub(crate) route: Option<String>,
    /// The names of headers and the paths within JSON that differ.
    pub(crate) differences: Vec<String>,
}

/// Adds comparisons to a file.
pub(crate) fn append(file: &Path, lines: &[Line]) -> Result<()> {
    let write = || -> std::io::Result<()> {
        let mut text = String::new();
        for line in lines {
            text += &serde_json::to_string(line)?;
            text.push('\n');
        }
        OpenOptions::new().create(true).append(true).open(file)?.write_all(text.as_bytes())
    };
    write().with_context(|| format!("cannot write `{}`", file.display()))
}

/// The comparisons of each route.
#[derive(Debug, Default)]
pub(super) struct Comparisons(BTreeMap<String, (usize, BTreeMap<String, Vec<String>>)>);

impl Comparisons {
    pub(super) fn read<'r>(folder: &Path, base_path: &str, routes: impl Iterator<Item = &'r String>) -> Self {
        // The library's own matcher says which route a recorded path is for.
        let nothing = |_: ApiRequest, res: ApiResponse| async move { res.end() };
        let mut router = ApiRouter::new().base_path(base_path);
        for route in routes {
            // Two routes that exclude each other do not compile in the crate either.
            router = router.clone().try_route(route, nothing).unwrap_or(router);
        }
        let mut comparisons = Self::default();
        for name in [SHADOW, REPLAY] {
            let Ok(text) = fs::read_to_string(folder.join(name)) else { continue };
            for line in text.lines() {
                // The last line may be half written.
                let Ok(line) = serde_json::from_str::<Line>(line) else { continue };
                let target = line.path.parse().ok();
                let matched = || target.and_then(|target| router.route_for(&target).map(str::to_owned));
                if let Some(route) = line.route.or_else(matched) {
                    let (count, last) = comparisons.0.entry(route).or_default();
                    *count += 1;
                    last.insert(line.method, line.differences);
                }
            }
        }
        comparisons
    }

    /// Returns the number of comparisons, and what the last one of each method has found.
    pub(super) fn of(&self, route: &str) -> (usize, BTreeMap<String, Vec<String>>) {
        self.0.get(route).cloned().unwrap_or_default()
    }
}
