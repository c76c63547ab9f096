//! `cargo api-routes status`

pub(crate) mod comparisons;
mod rust_file;

pub(crate) use rust_file::State;

use crate::app::{App, rust_routes};
use crate::cli::Status;
use crate::manifest::Manifest;
use crate::plan::Plan;
use crate::terminal::{BOLD, GREEN, RED, RESET, YELLOW, table};
use anstream::println;
use anyhow::{Context as _, Result};
use comparisons::Comparisons;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A route, and how far it has moved.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Row {
    pub(crate) route: String,
    /// The file in the app, while it is there.
    file: Option<String>,
    /// The file in the crate.
    rust: Option<String>,
    /// No methods: the handler is for all of them.
    methods: Vec<String>,
    #[serde(flatten)]
    pub(crate) state: State,
    /// What the old file uses.
    needs: Vec<&'static str>,
    /// The last comparison: names and paths that differ, by method.
    differs: BTreeMap<String, Vec<String>>,
    /// How many comparisons there were.
    compared: usize,
}

/// Prints the table or the JSON.
pub(crate) fn run(status: &Status) -> Result<bool> {
    let rows = rows(&status.path)?;
    if status.json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(true);
    }
    let cells = |row: &Row| {
        let methods = if row.methods.is_empty() { "every".to_owned() } else { row.methods.join(" ") };
        let differs: Vec<_> = row.differs.iter().filter(|(_, names)| !names.is_empty()).collect();
        let last = match (row.compared, differs.is_empty()) {
            (0, _) => ("", String::new()),
            (_, true) => (GREEN, "equal".to_owned()),
            _ => {
                let each = differs.iter().map(|(method, names)| format!("{method}: {}", names.join(", ")));
                (RED, each.collect::<Vec<_>>().join("; "))
            }
        };
        let color = if row.state == State::Moved { GREEN } else { YELLOW };
        vec![
            ("", row.route.clone()),
            ("", methods),
            (color, row.state.to_string()),
            ("", row.needs.join(", ")),
            last,
        ]
    };
    table(
        &["route", "methods", "state", "needs", "last comparison"],
        &rows.iter().map(cells).collect::<Vec<_>>(),
    );
    println!("\n{BOLD}{}{RESET}", summary(&rows));
    Ok(true)
}

/// Says how many routes have moved.
pub(crate) fn summary(rows: &[Row]) -> String {
    let moved = rows.iter().filter(|row| row.state == State::Moved).count();
    format!("{moved} of {} routes have moved", rows.len())
}

/// Reads the routes of a crate, and those of the app that have no file there.
pub(crate) fn rows(folder: &Path) -> Result<Vec<Row>> {
    let manifest = Manifest::read(folder)?;
    let mut rows = BTreeMap::new();
    for (route, rust) in rust_routes(folder)? {
        let path = folder.join(&rust);
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let found = rust_file::read(&text).with_context(|| format!("cannot read `{rust}`"))?;
        let row = Row {
            route: route.clone(),
            rust: Some(rust),
            methods: found.methods,
            state: found.state,
            ..Row::default()
        };
        rows.insert(route, row);
    }
    let mut base_path = String::new();
    if let Some(folder) = manifest.app(folder) {
        // The last route files may have been deleted, and the app is none for an import then.
        if let Ok(app) = App::find(&folder) {
            for planned in Plan::of(&app, || ()).routes {
                let row = rows.entry(planned.route.clone()).or_insert_with(|| Row {
                    route: planned.route,
                    methods: planned.methods,
                    state: State::Proxied,
                    ..Row::default()
                });
                row.file = Some(planned.file);
                row.needs = planned.uses.iter().map(|found| found.need).collect();
                row.needs.sort_unstable();
                row.needs.dedup();
            }
            base_path = app.settings.base_path;
        }
    }
    let comparisons = Comparisons::read(folder, &base_path, rows.keys());
    for row in rows.values_mut() {
        (row.compared, row.differs) = comparisons.of(&row.route);
    }
    Ok(rows.into_values().collect())
}
